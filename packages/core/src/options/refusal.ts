import { quoted } from "../redact.js";

/** Carried by the refusals of every copy of this package: an ES module and CommonJS may each have loaded one. */
const brand = Symbol.for("@streamll/core.refusal");

/** Why a {@link Kind} does not take a value. With an empty message, the kind's `allowed` says it all. */
export class Refusal {
  readonly message: string;

  constructor(message = "") {
    this.message = message;
  }

  static {
    Object.defineProperty(Refusal.prototype, brand, { value: true });
  }
}

export const isRefusal = (value: unknown): value is Refusal =>
  typeof value === "object" && value !== null && brand in value;

/** Writing out a bigint of a million digits takes a while. */
const LARGE = 10n ** 60n;

/** Shows any value in an error: short, one line, never what is inside an object or behind a `:`. */
export function shown(value: unknown): string {
  if (typeof value === "string") return quoted(value);
  if (typeof value === "bigint") return value > -LARGE && value < LARGE ? `${value}n` : "a bigint";
  if (Array.isArray(value)) return `a list of ${value.length}`;
  if (typeof value === "object" && value !== null) return "an object";
  return typeof value === "number" || typeof value === "boolean" || value == null
    ? String(value)
    : `a ${typeof value}`;
}
