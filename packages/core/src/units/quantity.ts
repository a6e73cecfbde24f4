import { quoted } from "../redact.js";

/** A longer text is no number that a user would write. */
const LONGEST = 64;

/** Parses `1.5h` or `64 MiB`; a plain number has the unit `otherwise`. NaN for anything else. */
export function quantity<U extends string>(
  value: unknown,
  units: Readonly<Record<U, number>>,
  otherwise: U,
): number {
  if (typeof value === "number") return value * units[otherwise];
  if (typeof value !== "string" || value.length > LONGEST) return Number.NaN;
  const [, number, unit = ""] = /^(\d+(?:\.\d+)?) ?([A-Za-z]+)$/.exec(value.trim()) ?? [];
  return Object.hasOwn(units, unit) ? Number(number) * units[unit as U] : Number.NaN;
}

/** The error for a value that is no such quantity. */
export function notA(what: string, value: unknown, allowed: string): RangeError {
  return new RangeError(`${shown(value)} is no ${what}; write ${allowed}`);
}

function shown(value: unknown): string {
  if (typeof value === "string") return quoted(value);
  if (typeof value === "object" && value !== null) return "an object";
  return typeof value === "function" || typeof value === "symbol" ? `a ${typeof value}` : String(value);
}
