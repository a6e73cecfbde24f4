/** Takes `1.5h` or `64 MiB` apart; a plain number has the unit `otherwise`. NaN for what is neither. */
export function quantity<U extends string>(
  value: unknown,
  units: Readonly<Record<U, number>>,
  otherwise: U,
): number {
  if (typeof value === "number") return value * units[otherwise];
  if (typeof value !== "string") return Number.NaN;
  const [, number, unit = ""] = /^(\d+(?:\.\d+)?) ?([A-Za-z]+)$/.exec(value.trim()) ?? [];
  return Object.hasOwn(units, unit) ? Number(number) * units[unit as U] : Number.NaN;
}

/** The error of a value that is no such quantity. */
export function notA(what: string, value: unknown, allowed: string): RangeError {
  const shown = typeof value === "string" ? JSON.stringify(value.slice(0, 60)) : String(value);
  return new RangeError(`${shown} is no ${what}; write ${allowed}`);
}
