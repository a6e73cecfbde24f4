import { notA, quantity } from "./quantity.js";

const milliseconds = { ms: 1, s: 1000, m: 60_000, min: 60_000, h: 3_600_000, d: 86_400_000 } as const;

export type DurationUnit = keyof typeof milliseconds;

/**
 * A duration in milliseconds. A plain number is in `unit`; a string says its own: `"100ms"`, `"5s"`, `"10m"`
 * (or `"10min"`), `"1.5h"`, `"7d"`.
 *
 * @param options.unit Default: seconds.
 * @throws RangeError that says what to write, for anything else: a string without a unit, a negative, NaN, Infinity.
 * @example
 * parseDuration("100ms"); // 100
 * parseDuration(5); // 5000
 */
export function parseDuration(value: number | string, { unit = "s" }: { unit?: DurationUnit } = {}): number {
  const ms = quantity(value, milliseconds, unit);
  // Rounded, as 0.07 s are 70.00000000000001 ms.
  if (ms >= 0 && ms <= Number.MAX_SAFE_INTEGER) return Math.round(ms * 1000) / 1000;
  throw notA(
    "duration",
    value,
    `a number in ${unit}, 0 or more, or a string such as "100ms", "5s", "10m" or "1h"`,
  );
}
