import { ConfigurationError } from "../errors.js";
import { redactedDeeply } from "../redact.js";
import { compileTemplate } from "../routing/template.js";
import { isNumber, numberFromText } from "./numbers.js";
import type { Kind } from "./option.js";
import { Refusal, shown } from "./refusal.js";

const refused = new Refusal();

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

/** `true` or `false`; as text also `yes`, `on`, `1`, `no`, `off` and `0`. */
export const boolean: Kind<boolean> = {
  type: "boolean",
  allowed: "true or false",
  read: (value) => (typeof value === "boolean" ? value : refused),
  fromText: (text) => truths[text.toLowerCase()] ?? text,
};

/** A whole number from `min` to `max`. */
export function count(min: number, max: number): Kind<number> {
  return {
    type: "number",
    allowed: `a whole number from ${min.toLocaleString("en")} to ${max.toLocaleString("en")}`,
    read: (value) =>
      isNumber(value) && Number.isInteger(value) && value >= min && value <= max ? value : refused,
    fromText: numberFromText,
  };
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

/** Control characters, and lone surrogates, which UTF-8 cannot encode. */
export const unprintable = /[\p{Cc}\p{Cs}]/u;

/** A routing-key template. */
export function template(min: 0 | 1): Kind<string> {
  return {
    type: "template",
    allowed: 'a template such as "streamll.{event_type}.{operation}"',
    read(value) {
      if (typeof value !== "string" || value.length < min) return refused;
      if (unprintable.test(value))
        return new Refusal(`must not hold control characters; got ${shown(value)}`);
      try {
        compileTemplate(value);
        return value;
      } catch (error) {
        if (error instanceof ConfigurationError) return new Refusal(error.problems[0]!.message);
        throw error;
      }
    },
    fromText: (given) => given,
  };
}

/** One of these texts. */
export function choice<const T extends string>(...values: readonly T[]): Kind<T> {
  const quoted = values.map((value) => `"${value}"`).join(", ");
  return {
    type: values.map((value) => `\`"${value}"\``).join(" or "),
    allowed: values.length === 1 ? quoted : `one of ${quoted}`,
    read: (value) => values.find((one) => one === value) ?? refused,
    fromText: (given) => given,
  };
}

/** `false`, or a value of `kind`. */
export function orFalse<Value, Given>(kind: Kind<Value, Given>): Kind<Value | false, Given | false> {
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

/** A function; `signature` shows how it is called. */
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

/** A plain object; JSON in the environment. `check` returns what is wrong with an object, if anything. */
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

/** Not the parser's own message, as that quotes the text, which may contain a secret. */
export function jsonFromText(given: string): unknown {
  try {
    return JSON.parse(given);
  } catch {
    return new Refusal("is not valid JSON");
  }
}
