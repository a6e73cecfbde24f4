import { types } from "node:util";
import type { StreamllEvent } from "@streamll/core";
import type { CircuitBreakerOptions } from "@streamll/core/internal";
import { BATCH_HEADER, redactedDeeply } from "@streamll/core/internal";
import {
  callback,
  count,
  type DurationText,
  duration,
  isRecord,
  isRefusal,
  jsonFromText,
  type Kind,
  Refusal,
  shown,
} from "@streamll/core/options";
import type { HeaderValue, UserHeaders } from "./message-options.js";

const refused = new Refusal();

const failureThreshold = count(1, 1_000_000);
const cooldown = duration("s", { min: 0, max: 86_400, plausible: 3600 });

export interface UserCircuitBreaker {
  readonly failureThreshold?: number | undefined;
  readonly cooldown?: number | DurationText | undefined;
}

export const circuitBreaker: Kind<CircuitBreakerOptions, UserCircuitBreaker> = {
  type: "`{ failureThreshold, cooldown }`",
  allowed: `an object with failureThreshold (${failureThreshold.allowed}) and cooldown (${cooldown.allowed})`,
  read(value) {
    if (!isRecord(value)) return refused;
    const unknown = Object.keys(value).find((key) => key !== "failureThreshold" && key !== "cooldown");
    if (unknown !== undefined)
      return new Refusal(`has the unknown key ${shown(unknown)}; allowed are failureThreshold, cooldown`);
    const threshold = failureThreshold.read(value.failureThreshold ?? 5);
    const cooldownMs = cooldown.read(value.cooldown ?? 30);
    if (isRefusal(threshold)) return refused;
    if (isRefusal(cooldownMs))
      return cooldownMs.message === "" ? refused : new Refusal(`cooldown: ${cooldownMs.message}`);
    return { failureThreshold: threshold, cooldownMs };
  },
  fromText: jsonFromText,
  conceals: true,
  show: ({ failureThreshold: threshold, cooldownMs }) => ({
    failureThreshold: threshold,
    cooldown: cooldown.show!(cooldownMs),
  }),
};

export type EventPredicate = (event: StreamllEvent) => boolean;

/** A set of event types, or a predicate. */
export const eventFilter: Kind<
  ReadonlySet<string> | EventPredicate,
  readonly string[] | ReadonlySet<string> | EventPredicate
> = {
  type: "list or `(event) => boolean`",
  allowed: "a list of event types or a function (event) => boolean",
  read(value) {
    if (typeof value === "function") return value as EventPredicate;
    if (!Array.isArray(value) && !types.isSet(value)) return refused;
    const chosen = new Set<unknown>(value);
    return [...chosen].every((type) => typeof type === "string") ? (chosen as Set<string>) : refused;
  },
  fromText: (given) => given.split(",").map((type) => type.trim()),
  show: (filter) => (typeof filter === "function" ? "a function" : redactedDeeply([...filter])),
};

export type HeaderFunction = (event: StreamllEvent) => UserHeaders | undefined;

const routing = "RabbitMQ would take it for further routing keys";

/** Names that no header may have, and why. */
export const reservedHeaders: ReadonlyMap<string, string> = new Map([
  ["CC", routing],
  ["BCC", routing],
  [BATCH_HEADER, 'messageFormat: "batch" tells by it how many events a message has'],
]);

const headerFunction = callback<HeaderFunction>("(event) => headers");

export const headers: Kind<UserHeaders | HeaderFunction> = {
  type: "object or `(event) => object`",
  allowed: "an object of plain values (string, number, boolean, Date, null), or a function that gives one",
  read(value) {
    if (typeof value === "function") return headerFunction.read(value);
    if (!isRecord(value)) return refused;
    for (const [name, given] of Object.entries(value)) {
      if (Buffer.byteLength(name) > 255)
        return new Refusal(`the name ${shown(name)} is longer than 255 bytes`);
      const reason = reservedHeaders.get(name);
      if (reason !== undefined) return new Refusal(`may not have ${name}: ${reason}`);
      if (!isPlain(given))
        return new Refusal(
          `${shown(name)} is ${shown(given)}; a header is a string, number, boolean, Date or null`,
        );
    }
    return value as UserHeaders;
  },
  fromText: jsonFromText,
  // A header may be a token.
  conceals: true,
  show: (given) =>
    typeof given === "function"
      ? "a function"
      : Object.fromEntries(Object.keys(given).map((name) => [name, "***"])),
};

function isPlain(value: unknown): value is HeaderValue {
  if (typeof value === "number") return Number.isFinite(value);
  if (types.isDate(value)) return Number.isFinite(value.getTime());
  return value === null || ["undefined", "string", "boolean", "bigint"].includes(typeof value);
}
