import type { MessageHeaders, TransportError } from "@streamll/core";
import { APPLICATION_PROPERTIES, beginSection, endSection, putShortText, putValue } from "./amqp10-values.js";
import { isShortString } from "./short-string.js";

/** Type and length of a text; a number takes no more with its type. */
const VALUE_BYTES = 9;
const NAME_HEAD_BYTES = 2;

/** Writes headers as the section of application properties, and returns where it ends; without headers nothing. */
export function putApplicationProperties(target: Buffer, start: number, headers: MessageHeaders): number {
  let at = beginSection(target, start, APPLICATION_PROPERTIES);
  let count = 0;
  for (const name in headers) {
    const value = headers[name];
    // Nothing says as much as null, and every reader takes it.
    if (value === undefined || value === null) continue;
    at = putShortText(target, at, name);
    at = putValue(target, at, value);
    count += 2;
  }
  return count === 0 ? start : endSection(target, start, at, count);
}

/**
 * The most bytes that headers take as application properties, without the section's head.
 *
 * @param unsendable makes the error for what they cannot hold.
 * @throws what `unsendable` makes: for a name over 255 bytes, or a number that is not finite.
 */
export function applicationPropertiesBound(
  headers: MessageHeaders,
  unsendable: (reason: string) => TransportError,
): number {
  let bound = 0;
  for (const name in headers) {
    const value = headers[name];
    if (!isShortString(name)) throw unsendable("the name of a header is over 255 bytes");
    if (typeof value === "number" && !Number.isFinite(value))
      throw unsendable("a header is not a finite number");
    bound += NAME_HEAD_BYTES + name.length * 3 + VALUE_BYTES;
    if (typeof value === "string") bound += value.length * 3;
  }
  return bound;
}
