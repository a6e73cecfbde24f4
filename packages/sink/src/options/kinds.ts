import { parseDuration, parseSize, redactedDeeply } from "@streamll/core/internal";
import { type Kind, Refusal, shown } from "./option.js";

const refused = new Refusal();

const isNumber = (value: unknown): value is number => typeof value === "number" && Number.isFinite(value);

/** Longer text is no number of anybody's. */
const LONGEST_NUMBER = 64;

/** Text that is a number becomes one; all else (`100ms`) is left to the kind. */
const numberFromText = (text: string): unknown =>
  text.length <= LONGEST_NUMBER && /^[+-]?(\d+(\.\d*)?|\.\d+)(e[+-]?\d+)?$/i.test(text) ? Number(text) : text;

export const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const truths: Readonly<Record<string, boolean>> = {
  true: true,
  1: true,
  yes: true,
  on: true,
  false: false,
  0: false,
  no: false,
  off: false,
};

export const boolean: Kind<boolean> = {
  type: "boolean",
  allowed: "true or false",
  read: (value) => (typeof value === "boolean" ? value : refused),
  fromText: (text) => truths[text.toLowerCase()] ?? text,
};

/** A whole number. */
export function count(min: number, max: number): Kind<number> {
  return {
    type: "number",
    allowed: `a whole number from ${min.toLocaleString("en")} to ${max.toLocaleString("en")}`,
    read: (value) =>
      isNumber(value) && Number.isInteger(value) && value >= min && value <= max ? value : refused,
    fromText: numberFromText,
  };
}

const units = {
  ms: { ms: 1, name: "milliseconds", example: "500ms" },
  s: { ms: 1000, name: "seconds", example: "5s" },
  h: { ms: 3_600_000, name: "hours", example: "24h" },
} as const;

/**
 * A time: a plain number is in `unit`, a string says its own. Resolved to milliseconds.
 *
 * A plain number over `plausible` can only be meant in a smaller unit.
 */
export function duration(
  unit: keyof typeof units,
  bounds: { readonly min: number; readonly max: number; readonly plausible?: number },
): Kind<number> {
  const { ms: factor, name, example } = units[unit];
  const { min, max, plausible = max } = bounds;
  const allowed = `${min} to ${max} ${name}, as a number in ${name} or a string such as "${example}"`;
  const within = (ms: number) => (ms >= min * factor && ms <= max * factor ? Math.round(ms) : refused);
  return {
    type: name,
    allowed,
    read(value) {
      if (typeof value === "string") {
        const ms = durationOf(value);
        return ms === undefined
          ? new Refusal(`${shown(value)} is no time; allowed is ${allowed}`)
          : within(ms);
      }
      if (!isNumber(value)) return refused;
      if (unit === "s" && value > plausible) {
        return new Refusal(
          `${value} would be ${value} s: a number is in seconds; write "${value}ms" or ${value / 1000}`,
        );
      }
      // Nobody waits for half a millisecond: it is half a second that was meant.
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

/** An amount of bytes: a plain number, or a string with its unit. */
export function size(min: number, max: number): Kind<number> {
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

/** A string; AMQP's short strings have at most 255 bytes. */
export function text(bounds: { readonly min?: number; readonly maxBytes?: number } = {}): Kind<string> {
  const { min = 1, maxBytes = Number.POSITIVE_INFINITY } = bounds;
  const length = maxBytes === Number.POSITIVE_INFINITY ? "" : ` of at most ${maxBytes} bytes`;
  return {
    type: "string",
    allowed: `a ${min > 0 ? "non-empty " : ""}string${length}`,
    read: (value) =>
      typeof value === "string" && value.length >= min && Buffer.byteLength(value) <= maxBytes
        ? value
        : refused,
    fromText: (given) => given,
  };
}

/**
 * A name on the broker, which has at most 255 bytes. RabbitMQ takes line feeds out of what it declares, and then finds
 * nothing under the name that it was given.
 */
export function name(min: 0 | 1 = 1): Kind<string> {
  const short = text({ min, maxBytes: 255 });
  return {
    ...short,
    allowed: `${short.allowed}, without control characters`,
    read(value) {
      const read = short.read(value);
      return typeof read === "string" && unprintable.test(read) ? refused : read;
    },
  };
}

/** Control characters, and halves of a pair that UTF-8 has no bytes for. */
export const unprintable = /[\p{Cc}\p{Cs}]/u;

export function choice<const T extends string>(...values: readonly T[]): Kind<T> {
  const quoted = values.map((value) => `"${value}"`).join(", ");
  return {
    type: values.map((value) => `\`"${value}"\``).join(" or "),
    allowed: values.length === 1 ? quoted : `one of ${quoted}`,
    read: (value) => values.find((one) => one === value) ?? refused,
    fromText: (given) => given,
  };
}

/** The value `false`, or what `kind` takes. */
export function orFalse<T>(kind: Kind<T>): Kind<T | false> {
  return {
    type: `${kind.type} or \`false\``,
    allowed: `false or ${kind.allowed}`,
    read: (value) => (value === false ? false : kind.read(value)),
    fromText: (given) => (boolean.fromText!(given) === false ? false : kind.fromText!(given)),
    ...(kind.conceals && { conceals: true }),
    show: (value) => (value === false ? false : (kind.show ?? redactedDeeply)(value)),
  };
}

// biome-ignore lint/suspicious/noExplicitAny: the one type that every function can be given as
type AnyFunction = (...args: any[]) => unknown;

export function callback<T extends AnyFunction>(signature: string): Kind<T> {
  return {
    type: `\`${signature}\``,
    allowed: `a function ${signature}`,
    read: (value) => (typeof value === "function" ? (value as T) : refused),
    show: () => "a function",
  };
}

/** An object that has these methods. */
export function objectWith<T extends object>(type: string, ...methods: readonly string[]): Kind<T> {
  const quoted = methods.join(", ");
  return {
    type,
    allowed: `an object with the method${methods.length > 1 ? "s" : ""} ${quoted}`,
    read(value) {
      const given = value as Record<string, unknown> | null;
      if (typeof given !== "object" || given === null) return refused;
      return methods.every((method) => typeof given[method] === "function") ? (given as T) : refused;
    },
    show: () => "an object",
  };
}

/** A plain object; from the environment as JSON. */
export function record<T extends object>(
  type: string,
  allowed: string,
  check: (value: T) => string | undefined,
): Kind<T> {
  return {
    type,
    allowed,
    read(value) {
      if (!isRecord(value)) return refused;
      const wrong = check(value as T);
      return wrong === undefined ? (value as T) : new Refusal(wrong);
    },
    fromText: jsonFromText,
    conceals: true,
  };
}

/** The parser's own message quotes the text, which may hold a secret. */
export function jsonFromText(given: string): unknown {
  try {
    return JSON.parse(given);
  } catch {
    return new Refusal("this is no JSON");
  }
}
