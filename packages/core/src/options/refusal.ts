import { quoted } from "../redact.js";

/** Marks the refusals of every copy of this package, as both an ES module and CommonJS copy may be loaded. */
const brand = Symbol.for("@streamll/core.refusal");

/** Why a {@link Kind} refuses a value. If the message is empty, the kind's `allowed` is the whole reason. */
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

/** A larger bigint is not written out, as a million digits take long. */
const LARGE = 10n ** 60n;

/** Shows any value in an error: short, on one line, without the content of objects or the text after a `:`. */
export function shown(value: unknown): string {
  if (typeof value === "string") return quoted(value);
  if (typeof value === "bigint") return value > -LARGE && value < LARGE ? `${value}n` : "a bigint";
  if (Array.isArray(value)) return `a list of ${value.length}`;
  if (typeof value === "object" && value !== null) return "an object";
  return typeof value === "number" || typeof value === "boolean" || value == null
    ? String(value)
    : `a ${typeof value}`;
}
