import type { DedupStore } from "@streamll/core";
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

const retryKinds = {
  attempts: count(1, 1_000_000),
  backoffMs: duration("ms", { min: 0, max: 3_600_000 }),
  maxBackoffMs: duration("ms", { min: 0, max: 3_600_000 }),
} as const;
const retryDefaults = { attempts: 5, backoffMs: 1000, maxBackoffMs: 30_000 } as const;

export const retry: Kind<Retry, UserRetry> = {
  type: "`{ attempts, backoffMs, maxBackoffMs }`",
  allowed: `an object with attempts (${retryKinds.attempts.allowed}), backoffMs and maxBackoffMs (${retryKinds.backoffMs.allowed})`,
  read(value) {
    if (!isRecord(value)) return refused;
    const unknown = Object.keys(value).find((key) => !(key in retryKinds));
    if (unknown !== undefined)
      return new Refusal(
        `has the unknown key ${shown(unknown)}; allowed are attempts, backoffMs, maxBackoffMs`,
      );
    const read: Record<string, number> = {};
    for (const [key, kind] of Object.entries(retryKinds)) {
      const given = value[key] ?? retryDefaults[key as keyof Retry];
      const one = kind.read(given);
      if (isRefusal(one)) return new Refusal(`${key} is ${shown(given)}; must be ${kind.allowed}`);
      read[key] = one;
    }
    return read as unknown as Retry;
  },
  fromText: jsonFromText,
};

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
