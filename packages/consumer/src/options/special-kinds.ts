import { types } from "node:util";
import type { DedupStore, LogPosition } from "@streamll/core";
import { memoryDedup } from "@streamll/core/internal";
import {
  count,
  type DurationText,
  duration,
  isRecord,
  isRefusal,
  jsonFromText,
  type Kind,
  name,
  Refusal,
  shown,
} from "@streamll/core/options";
import type { BatchSize } from "../batcher.js";
import type { StandardSchema } from "../standard-schema.js";
import type { EventHandler } from "./consumer-options.js";

const refused = new Refusal();

/** Patterns of bindings. */
export const patterns: Kind<readonly string[]> = {
  type: "list of strings",
  allowed: 'a list of patterns such as ["rag.*"]',
  read(value) {
    if (!Array.isArray(value) || value.length === 0) return refused;
    const pattern = name(0);
    const wrong = value.find((one) => isRefusal(pattern.read(one)));
    if (wrong === undefined && !value.includes(undefined)) return value as string[];
    return new Refusal(`holds ${shown(wrong)}; a pattern is ${pattern.allowed}`);
  },
  fromText: (text) => text.split(",").map((one) => one.trim()),
};

const words = ["first", "last", "next"] as const;
const offset = count(0, Number.MAX_SAFE_INTEGER);

/** Where reading a log begins. */
export const position: Kind<LogPosition> = {
  type: '`"first"`, `"last"`, `"next"`, `Date` or number',
  allowed: '"first", "last", "next", a Date such as new Date("2026-01-31T12:00Z"), or an offset from 0 on',
  read(value) {
    if (types.isDate(value)) return value.getTime() >= 0 ? value : refused;
    return words.find((word) => word === value) ?? offset.read(value);
  },
  fromText(text) {
    if (/^\d+$/.test(text)) return Number(text);
    return /^\d{4}-/.test(text) ? new Date(text) : text;
  },
};

/** Functions by event type. */
export const handlers: Kind<Readonly<Record<string, EventHandler>>> = {
  type: "`{ TYPE: (event, delivery) => … }`",
  allowed: 'an object of functions by event type, such as { error: (event) => …, "*": (event) => … }',
  read(value) {
    if (!isRecord(value) || Object.keys(value).length === 0) return refused;
    const wrong = Object.keys(value).find((type) => typeof value[type] !== "function");
    if (wrong === undefined) return value as Record<string, EventHandler>;
    return new Refusal(`${shown(wrong)} is ${shown(value[wrong])}; write a function (event, delivery) => …`);
  },
  show: (value) => Object.keys(value).join(", "),
};

/** Schemas by event type. */
export const schemas: Kind<Readonly<Record<string, StandardSchema>>> = {
  type: "`{ TYPE: schema }`",
  allowed: "an object of schemas by event type, such as { llm_end: z.object({ … }) }",
  read(value) {
    if (!isRecord(value) || Object.keys(value).length === 0) return refused;
    const wrong = Object.keys(value).find((type) => !isSchema(value[type]));
    if (wrong === undefined) return value as Record<string, StandardSchema>;
    return new Refusal(
      `${shown(wrong)} is no schema; write one of a library that has Standard Schema, such as z.object({ … }) of Zod 3.24`,
    );
  },
  show: (value) => Object.keys(value).join(", "),
};

/** ArkType's are functions. */
const isSchema = (value: unknown): boolean =>
  ((typeof value === "object" && value !== null) || typeof value === "function") &&
  typeof (value as Partial<StandardSchema>)["~standard"]?.validate === "function";

type Fields = Readonly<Record<string, { readonly kind: Kind<number, unknown>; readonly default: unknown }>>;

/** An object of numbers, each with a default of its own. */
function numbers<Value, Given>(fields: Fields): Kind<Value, Given> {
  const names = Object.keys(fields);
  const allowed = names.map((name) => `${name} (${fields[name]!.kind.allowed})`).join(" and ");
  return {
    type: `\`{ ${names.join(", ")} }\``,
    allowed: `an object with ${allowed}`,
    read(value) {
      if (!isRecord(value)) return refused;
      const unknown = Object.keys(value).find((key) => !Object.hasOwn(fields, key));
      if (unknown !== undefined)
        return new Refusal(`has the unknown key ${shown(unknown)}; allowed are ${names.join(", ")}`);
      const read: Record<string, number> = {};
      for (const [name, { kind, default: byDefault }] of Object.entries(fields)) {
        const given = value[name] ?? byDefault;
        const one = kind.read(given);
        if (isRefusal(one)) return new Refusal(`${name} is ${shown(given)}; must be ${kind.allowed}`);
        read[name] = one;
      }
      return read as Value;
    },
    fromText: jsonFromText,
  };
}

export interface UserRetry {
  readonly attempts?: number | undefined;
  readonly backoffMs?: number | DurationText | undefined;
  readonly maxBackoffMs?: number | DurationText | undefined;
}

export interface Retry {
  readonly attempts: number;
  readonly backoffMs: number;
  readonly maxBackoffMs: number;
}

const pause = duration("ms", { min: 0, max: 3_600_000 });

export const retry = numbers<Retry, UserRetry>({
  attempts: { kind: count(1, 1_000_000), default: 5 },
  backoffMs: { kind: pause, default: 1000 },
  maxBackoffMs: { kind: pause, default: 30_000 },
});

export interface UserBatch {
  readonly size?: number | undefined;
  readonly wait?: number | DurationText | undefined;
}

export const batch = numbers<BatchSize, UserBatch>({
  size: { kind: count(1, 65_535), default: 100 },
  wait: { kind: duration("s", { min: 0, max: 3600, plausible: 60 }), default: 0.1 },
});

const windowOf = count(1, 10_000_000);

export const dedup: Kind<DedupStore | false, { readonly window: number } | DedupStore | false> = {
  type: "`{ window }`, a `DedupStore` or `false`",
  allowed: `false, an object with window (${windowOf.allowed}), or one with the methods has, add`,
  read(value) {
    if (value === false) return false;
    if (!isRecord(value)) return refused;
    if (typeof value.has === "function" && typeof value.add === "function")
      return value as unknown as DedupStore;
    const window = windowOf.read(value.window);
    return isRefusal(window) || Object.keys(value).length > 1 ? refused : memoryDedup(window);
  },
  show: (value) => (value === false ? false : "a store"),
};
