import { parseDuration } from "../units/duration.js";
import { parseSize } from "../units/size.js";
import { isNumber, numberFromText } from "./numbers.js";
import type { Kind } from "./option.js";
import { Refusal } from "./refusal.js";

const refused = new Refusal();

/** A time with its unit: `"100ms"`, `"5s"`, `"10m"`, `"1h"`. */
export type DurationText = string;

/** A size with its unit: `"500MB"`, `"64MiB"`. */
export type SizeText = string;

const units = {
  ms: { ms: 1, name: "milliseconds", example: "500ms" },
  s: { ms: 1000, name: "seconds", example: "5s" },
  h: { ms: 3_600_000, name: "hours", example: "24h" },
} as const;

/**
 * A time: a plain number is in `unit`, a string names its own. Resolved to milliseconds.
 *
 * @param bounds in `unit`; a plain number above `plausible` can only be meant in a smaller unit.
 */
export function duration(
  unit: keyof typeof units,
  bounds: { readonly min: number; readonly max: number; readonly plausible?: number },
): Kind<number, number | DurationText> {
  const { ms: factor, name, example } = units[unit];
  const { min, max, plausible = max } = bounds;
  const least = Number.isInteger(min * 1000) ? min : `"${showDuration(min * factor)}"`;
  const allowed = `${least} to ${max} ${name}, as a number in ${name} or a string such as "${example}"`;
  const within = (ms: number) => (ms >= min * factor && ms <= max * factor ? Math.round(ms) : refused);
  return {
    type: name,
    allowed,
    read(value) {
      if (typeof value === "string") {
        const ms = durationOf(value);
        return ms === undefined ? refused : within(ms);
      }
      if (!isNumber(value)) return refused;
      if (unit === "s" && value > plausible) {
        return new Refusal(
          `${value} would be ${value} s: a number is in seconds; write "${value}ms" or ${value / 1000}`,
        );
      }
      // Half a millisecond is no useful pause, so half a second was meant.
      if (unit === "ms" && value > 0 && value < 1) {
        return new Refusal(
          `${value} would be ${value} ms: a number is in milliseconds; write "${value}s" or ${value * 1000}`,
        );
      }
      return within(value * factor);
    },
    fromText: numberFromText,
    show: showDuration,
  };
}

function durationOf(text: string): number | undefined {
  try {
    return parseDuration(text);
  } catch {
    return undefined;
  }
}

function showDuration(ms: number): string {
  if (ms % 3_600_000 === 0 && ms > 0) return `${ms / 3_600_000}h`;
  return ms < 1000 && ms > 0 ? `${ms}ms` : `${ms / 1000}s`;
}

/** An amount of bytes from `min` to `max`: a plain number, or a string with its unit. */
export function size(min: number, max: number): Kind<number, number | SizeText> {
  const allowed = `${showSize(min)} to ${showSize(max)}, as a number of bytes or a string such as "500MB" or "64MiB"`;
  return {
    type: "size",
    allowed,
    read(value) {
      const bytes = typeof value === "string" ? sizeOf(value) : value;
      return isNumber(bytes) && Number.isInteger(bytes) && bytes >= min && bytes <= max ? bytes : refused;
    },
    fromText: numberFromText,
    show: showSize,
  };
}

function sizeOf(text: string): number | undefined {
  try {
    return parseSize(text);
  } catch {
    return undefined;
  }
}

function showSize(bytes: number): string {
  for (const [unit, factor] of [
    ["TiB", 2 ** 40],
    ["GiB", 2 ** 30],
    ["MiB", 2 ** 20],
    ["KiB", 2 ** 10],
  ] as const) {
    if (bytes >= factor && bytes % factor === 0) return `${bytes / factor}${unit}`;
  }
  return `${bytes}B`;
}
