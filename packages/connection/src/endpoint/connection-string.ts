import type { Endpoint } from "@streamll/core";
import { Refusal } from "@streamll/core/options";
import { parseEndpoint, withLabel } from "./parse-endpoint.js";

const KEYS = [
  "Endpoint",
  "SharedAccessKeyName",
  "SharedAccessKey",
  "SharedAccessSignature",
  "EntityPath",
  "UseDevelopmentEmulator",
  "TransportType",
] as const;

type Key = (typeof KEYS)[number];

/** Parts of other clients' strings, for which the sink has options. */
const instead: Readonly<Record<string, string>> = {
  authentication: 'instead of Authentication write authProvider: "azure_managed_identity"',
  operationtimeout: "leave OperationTimeout out: the sink has connectionTimeout and confirmTimeout",
};

const WEB_SOCKETS = "amqpwebsockets";
/** In lower case. */
const transportTypes: readonly string[] = ["amqp", "amqptcp", WEB_SOCKETS];

/** Whether it is a connection string of Azure Service Bus, as its portal gives it: `Endpoint=sb://…;SharedAccessKey=…`, its parts in any order. */
export function isConnectionString(text: string): boolean {
  if (/^\s*[a-z][a-z0-9+.-]*:/i.test(text)) return false;
  return text.split(";").some((part) => keyOf(nameOf(part)) !== undefined);
}

/**
 * Reads a connection string. Its values are taken verbatim: a key has `+`, `/` and `=` in it. A ready signature is
 * the password, without a user; the emulator speaks plain AMQP.
 */
export function parseConnectionString(text: string): Endpoint | Refusal {
  const given = partsOf(text);
  if (given instanceof Refusal) return given;
  const { Endpoint: place = "", SharedAccessKeyName: name, SharedAccessKey: key } = given;
  const { SharedAccessSignature: signature, EntityPath: entity = "", TransportType: type } = given;
  const url = parseEndpoint(place);
  if (url instanceof Refusal || url.scheme !== "sb") return new Refusal("its Endpoint must be sb://HOST/");
  if (signature !== undefined && (name !== undefined || key !== undefined))
    return new Refusal(
      "SharedAccessSignature replaces SharedAccessKeyName and SharedAccessKey: leave these out",
    );
  if ((name === undefined) !== (key === undefined))
    return new Refusal("SharedAccessKeyName and SharedAccessKey require each other");
  if (type !== undefined && !transportTypes.includes(type.toLowerCase()))
    return new Refusal("its TransportType must be AmqpTcp or AmqpWebSockets");
  const password = signature ?? key;
  const isPlain = given.UseDevelopmentEmulator?.toLowerCase() === "true";
  return withLabel({
    ...url,
    scheme: isPlain ? "amqp" : "amqps",
    path: entity,
    ...(name === undefined ? {} : { username: name }),
    ...(password === undefined ? {} : { password }),
  });
}

/** Whether a connection string asks for a web socket. */
export function asksForWebSocket(text: string): boolean {
  const given = partsOf(text);
  return !(given instanceof Refusal) && given.TransportType?.toLowerCase() === WEB_SOCKETS;
}

function partsOf(text: string): Partial<Record<Key, string>> | Refusal {
  const found: Partial<Record<Key, string>> = {};
  for (const part of text.split(";").filter((one) => one.trim() !== "")) {
    const name = nameOf(part);
    const key = keyOf(name);
    if (key === undefined)
      return new Refusal(instead[name] ?? `it has an unknown part; allowed are ${KEYS.join(", ")}`);
    if (found[key] !== undefined) return new Refusal(`it has ${key} twice`);
    found[key] = part.slice(part.indexOf("=") + 1).trim();
  }
  return found;
}

/** In lower case; `""` where there is none. */
const nameOf = (part: string): string =>
  part
    .slice(0, Math.max(0, part.indexOf("=")))
    .trim()
    .toLowerCase();

const keyOf = (name: string): Key | undefined => KEYS.find((one) => one.toLowerCase() === name);
