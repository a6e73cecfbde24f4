import { notA, quantity } from "./quantity.js";

const bytes = {
  B: 1,
  kB: 1e3,
  KB: 1e3,
  MB: 1e6,
  GB: 1e9,
  TB: 1e12,
  KiB: 2 ** 10,
  MiB: 2 ** 20,
  GiB: 2 ** 30,
  TiB: 2 ** 40,
} as const;

/**
 * A size in bytes. A plain number is bytes; a string says its unit: `kB MB GB TB` are powers of 1,000
 * (`"500MB"` is 500,000,000), `KiB MiB GiB TiB` powers of 1,024 (`"64MiB"` is 67,108,864).
 *
 * @throws RangeError that says what to write, for anything else: no unit, `Mb`, a number that is not whole, a
 *   negative, NaN, Infinity.
 * @example
 * parseSize("64MiB"); // 67108864
 */
export function parseSize(value: number | string): number {
  const given = quantity(value, bytes, "B");
  const size = typeof value === "string" ? Math.round(given) : given;
  if (size >= 0 && Number.isSafeInteger(size)) return size;
  throw notA(
    "size",
    value,
    'a whole number of bytes, 0 or more, or a string such as "500MB" (powers of 1,000) or "64MiB" (of 1,024)',
  );
}
