import { type EncodedMessage, endOf, type Field, fieldLength, startOf } from "@streamll/core/internal";

/** A "shortstr" has one byte for its length (AMQP 0-9-1 specification, 4.2.5.3); streams are read by AMQP 0-9-1 too. */
export const SHORT_STRING_MAX = 255;

/** Whether a text is one of at most {@link SHORT_STRING_MAX} bytes of UTF-8. */
export const isShortString = (text: string): boolean =>
  text.length * 3 <= SHORT_STRING_MAX || Buffer.byteLength(text) <= SHORT_STRING_MAX;

export const isShortField = (message: EncodedMessage, field: Field): boolean =>
  fieldLength(message, field) <= SHORT_STRING_MAX;

/** `type` and `correlation-id` are labels, whole in the body and the headers: they are cut, not refused. */
export function cutToShortString(text: string): string {
  if (isShortString(text)) return text;
  const bytes = Buffer.from(text);
  return bytes.toString("utf8", 0, shortEnd(bytes, 0, bytes.length));
}

/** Where a field ends that is cut in the same way. */
export function shortFieldEnd(message: EncodedMessage, field: Field): number {
  return shortEnd(message.source, startOf(message, field), endOf(message, field));
}

function shortEnd(bytes: Buffer, start: number, end: number): number {
  if (end - start <= SHORT_STRING_MAX) return end;
  let cut = start + SHORT_STRING_MAX;
  // Not inside a character: UTF-8's continuation bytes are 10xxxxxx.
  while ((bytes[cut]! & 0xc0) === 0x80) cut--;
  return cut;
}
