import {
  BODY,
  type EncodedMessage,
  encodingOf,
  endOf,
  type Field,
  fieldLength,
  HEADERS,
  hasPlainHeaders,
  headerCountOf,
  putBytes,
  putSlice,
  readHeaders,
  startOf,
} from "@streamll/core/internal";
import {
  APPLICATION_PROPERTIES,
  beginSection,
  endSection,
  putDataHead,
  putNull,
  putShortText,
  putString,
  putSymbol,
  putValue,
  TEXT_HEAD_BYTES,
} from "./amqp10-values.js";
import { isShortString, shortFieldEnd } from "./short-string.js";

const STRING_8 = 0xa1;

/** Writes a field as a string of at most 255 bytes: a longer one is cut. */
export function putShortField(target: Buffer, at: number, message: EncodedMessage, field: Field): number {
  const { source } = message;
  const start = startOf(message, field);
  const end = shortFieldEnd(message, field);
  target[at] = STRING_8;
  target[at + 1] = end - start;
  return putSlice(target, at + 2, source, start, end);
}

/** The same, but null where the field is empty. */
export const putOptionalField = (
  target: Buffer,
  at: number,
  message: EncodedMessage,
  field: Field,
): number =>
  fieldLength(message, field) === 0 ? putNull(target, at) : putShortField(target, at, message, field);

/** content-type and content-encoding of the section `properties`. `contentType` is a symbol, encoded, or `null`. */
export function putContent(target: Buffer, at: number, message: EncodedMessage, contentType: Buffer): number {
  const encoding = encodingOf(message);
  const end = putBytes(target, at, contentType);
  return encoding === undefined ? putNull(target, end) : putSymbol(target, end, encoding);
}

/** The section of the body. */
export function putBody(target: Buffer, at: number, message: EncodedMessage): number {
  const { source } = message;
  const start = startOf(message, BODY);
  const end = endOf(message, BODY);
  return putSlice(target, putDataHead(target, at, end - start), source, start, end);
}

/**
 * Room that {@link putHeaders} surely needs.
 *
 * @throws Error saying what is wrong with a header that cannot be sent.
 */
export function headersBound(message: EncodedMessage): number {
  if (hasPlainHeaders(message)) return fieldLength(message, HEADERS);
  let bound = 0;
  const headers = headersOf(message);
  for (const name in headers) {
    const value = headers[name];
    if (!isShortString(name)) throw new Error("the name of a header is over 255 bytes");
    if (typeof value === "number" && !Number.isFinite(value))
      throw new Error("a header is not a finite number");
    bound += 2 * TEXT_HEAD_BYTES + name.length * 3 + (typeof value === "string" ? value.length * 3 : 4);
  }
  return bound;
}

/** The application properties: the headers, and `more` after them, whose names no header may have. */
export function putHeaders(
  target: Buffer,
  start: number,
  message: EncodedMessage,
  more: Readonly<Record<string, string>> = {},
): number {
  const { source } = message;
  const names = Object.keys(more);
  let at = beginSection(target, start, APPLICATION_PROPERTIES);
  let count = 0;
  if (hasPlainHeaders(message) && !names.some((name) => mentions(message, name))) {
    // The headers lie in the buffer as AMQP 1.0 encodes them.
    at = putSlice(target, at, source, startOf(message, HEADERS), endOf(message, HEADERS));
    count = headerCountOf(message);
  } else {
    for (const [name, value] of Object.entries(headersOf(message))) {
      // A missing property says as much as null, and every reader takes that.
      if (value === null || Object.hasOwn(more, name)) continue;
      at = putValue(target, putShortText(target, at, name), value);
      count++;
    }
  }
  for (const name of names) at = putString(target, putShortText(target, at, name), more[name]!);
  count += names.length;
  return count === 0 ? start : endSection(target, start, at, 2 * count);
}

const headersOf = (message: EncodedMessage) =>
  readHeaders(message.source, startOf(message, HEADERS), headerCountOf(message));

const mentions = (message: EncodedMessage, text: string): boolean =>
  message.source.subarray(startOf(message, HEADERS), endOf(message, HEADERS)).includes(text);
