import { types } from "node:util";
import {
  ConfigurationError,
  type StreamllEvent,
  type Transport,
  type TransportFactory,
  type WebSocketOptions,
} from "@streamll/core";
import type { CircuitBreakerOptions } from "@streamll/core/internal";
import { beforeColon, compileTemplate, isPlainObject, redactedDeeply } from "@streamll/core/internal";
import { redactUrl } from "../endpoint/redact-url.js";
import { schemesOf } from "../transport/schemes.js";
import {
  boolean,
  callback,
  count,
  duration,
  isRecord,
  jsonFromText,
  name,
  record,
  text,
  unprintable,
} from "./kinds.js";
import { type Kind, Refusal, shown } from "./option.js";
import type { HeaderValue, UserHeaders } from "./sink-options.js";

const refused = new Refusal();

/** One URL or several of one cluster. In an environment variable a comma stands between them. */
export const urls: Kind<readonly string[]> = {
  type: "string or list",
  allowed: 'a URL such as "amqp://user:password@host:5672/vhost", or a list of them',
  read(value) {
    const list = typeof value === "string" ? [value] : value;
    if (!Array.isArray(list) || list.length === 0) return refused;
    return list.every((url) => typeof url === "string" && url.trim() !== "") ? list : refused;
  },
  fromText: (text) => {
    const list = text.split(/,(?=\s*[a-z][a-z0-9+.-]*:\/\/)/i).map((url) => url.trim());
    return list.length === 1 ? list[0] : list;
  },
  show: (list) => list.map(redactUrl),
};

/** With a `:` in it, it is mostly a user and a password. */
export const userName: Kind<string> = { ...text(), show: beforeColon };

/** A routing-key template. */
export function template(min: 0 | 1): Kind<string> {
  return {
    type: "template",
    allowed: 'a template such as "streamll.{event_type}.{operation}"',
    read(value) {
      if (typeof value !== "string" || value.length < min) return refused;
      if (unprintable.test(value)) return new Refusal(`${shown(value)} may not hold control characters`);
      try {
        compileTemplate(value);
        return value;
      } catch (error) {
        if (error instanceof ConfigurationError) return new Refusal(error.problems[0]!.message);
        throw error;
      }
    },
    fromText: (text) => text,
  };
}

const isFactory = (value: unknown): value is TransportFactory =>
  isRecord(value) && Array.isArray(value.schemes) && typeof value.create === "function";

/** RFC 3986, as a URL is read: in lower case. */
const SCHEME = /^[a-z][a-z0-9+.-]*$/;

/** What a URL could never ask for would be ignored silently. */
function wrongScheme({ schemes, tlsSchemes }: TransportFactory): Refusal | undefined {
  const all: readonly unknown[] = [...schemes, ...(tlsSchemes ?? [])];
  const wrong = all.find((scheme) => typeof scheme !== "string" || !SCHEME.test(scheme));
  if (wrong === undefined) return undefined;
  const meant = typeof wrong === "string" ? wrong.toLowerCase().replace(/:.*$/s, "").replace(/_/g, "-") : "";
  const hint = SCHEME.test(meant) ? `: write ${JSON.stringify(meant)}` : "";
  return new Refusal(
    `${shown(wrong)} in the schemes of a factory is no scheme of a URL, which is lower case, begins with a letter and is without its colon${hint}`,
  );
}

/** Two factories of one scheme: one of them would be ignored silently. */
function sharedScheme(factories: readonly TransportFactory[]): Refusal | undefined {
  const all = factories.flatMap(schemesOf);
  const twice = all.find((scheme, index) => all.indexOf(scheme) < index);
  return twice === undefined ? undefined : new Refusal(`the scheme ${shown(twice)} is there twice`);
}

/** A transport, or what makes one. */
export const transport: Kind<Transport | TransportFactory> = {
  type: "`Transport` or `TransportFactory`",
  allowed: "a transport, an object with the method connect, or a factory { schemes, create }",
  read(value) {
    if (isFactory(value)) return wrongScheme(value) ?? value;
    const given = value as Partial<Transport> | null;
    return typeof given === "object" && typeof given?.connect === "function" ? (given as Transport) : refused;
  },
  show: () => "an object",
};

export const transports: Kind<readonly TransportFactory[]> = {
  type: "list of `TransportFactory`",
  allowed: "a list of factories { schemes, create }",
  read(value) {
    if (!Array.isArray(value) || !value.every(isFactory)) return refused;
    const wrong = value.map(wrongScheme).find((one) => one !== undefined);
    return wrong ?? sharedScheme(value) ?? value;
  },
  show: (list) => list.map((factory) => schemesOf(factory).join(", ")),
};

/** A web socket around the protocol, or none. */
export const webSocket: Kind<WebSocketOptions | false> = {
  type: "boolean or `{ agent }`",
  allowed: "true, false, or an object with agent, an agent of node:https",
  read(value) {
    if (typeof value === "boolean") return value && {};
    if (!isRecord(value) || Object.keys(value).some((key) => key !== "agent")) return refused;
    const { agent } = value;
    return agent === undefined || (typeof agent === "object" && agent !== null) ? value : refused;
  },
  fromText: boolean.fromText!,
  // The URL of a proxy has a password.
  conceals: true,
  show: (given) => given !== false,
};

/** Arguments of an exchange or a queue, with RabbitMQ's names. */
export const brokerArguments: Kind<Readonly<Record<string, unknown>>> = record(
  "object",
  'an object of broker arguments such as { "x-max-length": 1000 }',
  (given: Readonly<Record<string, unknown>>) => {
    const wrong = Object.keys(given).find((argument) => !isArgument(argument, given[argument]));
    if (wrong === undefined) return misnamed(given);
    return `${shown(wrong)} is ${shown(given[wrong])}; an argument is a string, finite number, boolean or null, or a list or object of these`;
  },
);

const names = ["alternate-exchange", "x-dead-letter-exchange", "x-dead-letter-routing-key"];
const anyName = name(0);

/** The broker takes such a name, finds nothing under it, and drops what it should bring there. */
function misnamed(given: Readonly<Record<string, unknown>>): string | undefined {
  const wrong = names.find(
    (argument) => typeof given[argument] === "string" && anyName.read(given[argument]) instanceof Refusal,
  );
  return wrong && `${shown(wrong)} is ${shown(given[wrong])}; allowed is ${anyName.allowed}`;
}

/** What a table of AMQP can hold, so that the broker can be told it. */
function isArgument(name: string, value: unknown, depth = 0): boolean {
  if (Buffer.byteLength(name) > 255 || depth > 8) return false;
  if (typeof value === "number") return Number.isFinite(value);
  if (value === null || ["undefined", "string", "boolean"].includes(typeof value)) return true;
  const isNested = Array.isArray(value) || isPlainObject(value);
  return (
    isNested && Object.entries(value as object).every(([inner, one]) => isArgument(inner, one, depth + 1))
  );
}

const failureThreshold = count(1, 1_000_000);
const cooldown = duration("s", { min: 0, max: 86_400, plausible: 3600 });

export const circuitBreaker: Kind<CircuitBreakerOptions> = {
  type: "`{ failureThreshold, cooldown }`",
  allowed: `an object with failureThreshold (${failureThreshold.allowed}) and cooldown (${cooldown.allowed})`,
  read(value) {
    if (!isRecord(value)) return refused;
    const unknown = Object.keys(value).find((key) => key !== "failureThreshold" && key !== "cooldown");
    if (unknown !== undefined)
      return new Refusal(`has the unknown key ${shown(unknown)}; allowed are failureThreshold, cooldown`);
    const threshold = failureThreshold.read(value.failureThreshold ?? 5);
    const cooldownMs = cooldown.read(value.cooldown ?? 30);
    if (threshold instanceof Refusal) return refused;
    if (cooldownMs instanceof Refusal)
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
export const eventFilter: Kind<ReadonlySet<string> | EventPredicate> = {
  type: "list or `(event) => boolean`",
  allowed: "a list of event types or a function (event) => boolean",
  read(value) {
    if (typeof value === "function") return value as EventPredicate;
    if (!Array.isArray(value) && !types.isSet(value)) return refused;
    const chosen = new Set<unknown>(value);
    return [...chosen].every((type) => typeof type === "string") ? (chosen as Set<string>) : refused;
  },
  fromText: (text) => text.split(",").map((type) => type.trim()),
  show: (filter) => (typeof filter === "function" ? "a function" : redactedDeeply([...filter])),
};

export type HeaderFunction = (event: StreamllEvent) => UserHeaders | undefined;

/** Names that RabbitMQ reads as lists of further routing keys. */
export const senderRouted: ReadonlySet<string> = new Set(["CC", "BCC"]);

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
      if (senderRouted.has(name))
        return new Refusal(`may not have ${name}: RabbitMQ would take it for further routing keys`);
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
