import type { Endpoint } from "@streamll/core";
import { Refusal } from "../options/option.js";
import { parseEndpoint, withLabel } from "./parse-endpoint.js";

/** Of Azure Service Bus, as its portal gives it: `Endpoint=sb://…`. */
export const isConnectionString = (text: string): boolean => /^\s*endpoint=sb:/i.test(text);

const KEYS = [
  "Endpoint",
  "SharedAccessKeyName",
  "SharedAccessKey",
  "SharedAccessSignature",
  "EntityPath",
  "UseDevelopmentEmulator",
] as const;

type Key = (typeof KEYS)[number];

/**
 * Reads a connection string. Its values are taken verbatim: a key has `+`, `/` and `=` in it. A ready signature is the
 * password, of nobody; the emulator speaks plain AMQP.
 */
export function parseConnectionString(text: string): Endpoint | Refusal {
  const given = partsOf(text);
  if (given instanceof Refusal) return given;
  const { Endpoint: place = "", SharedAccessKeyName: name, SharedAccessKey: key } = given;
  const { SharedAccessSignature: signature, EntityPath: entity = "" } = given;
  const url = parseEndpoint(place);
  if (url instanceof Refusal || url.scheme !== "sb" || url.host === "")
    return new Refusal("its Endpoint must be sb://HOST/");
  if (signature !== undefined && (name !== undefined || key !== undefined))
    return new Refusal(
      "SharedAccessSignature stands in the place of SharedAccessKeyName and SharedAccessKey",
    );
  if ((name === undefined) !== (key === undefined))
    return new Refusal("SharedAccessKeyName and SharedAccessKey go together");
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

function partsOf(text: string): Partial<Record<Key, string>> | Refusal {
  const found: Partial<Record<Key, string>> = {};
  for (const part of text.split(";").filter((one) => one.trim() !== "")) {
    const at = part.indexOf("=");
    const name = part.slice(0, at).trim();
    const key = KEYS.find((one) => one.toLowerCase() === name.toLowerCase());
    if (key === undefined) return new Refusal(`a part of it is not known; known are ${KEYS.join(", ")}`);
    if (found[key] !== undefined) return new Refusal(`it has ${key} twice`);
    found[key] = part.slice(at + 1).trim();
  }
  return found;
}
