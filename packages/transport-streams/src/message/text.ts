/** Text as UTF-8. Short ASCII is copied here: the call into native code costs more than forty characters do. */
export function putText(target: Buffer, at: number, text: string): number {
  const { length } = text;
  if (length > 40) return target.write(text, at);
  for (let i = 0; i < length; i++) {
    const code = text.charCodeAt(i);
    if (code > 0x7f) return target.write(text, at);
    target[at + i] = code;
  }
  return length;
}

export function put(target: Buffer, at: number, bytes: Buffer): number {
  if (bytes.length > 40) return at + bytes.copy(target, at);
  for (let i = 0; i < bytes.length; i++) target[at + i] = bytes[i]!;
  return at + bytes.length;
}

/** What AMQP 0-9-1, by which streams are read too, allows for names and ids. */
const SHORT_STRING_MAX = 255;

export const isShortString = (text: string): boolean =>
  text.length * 3 <= SHORT_STRING_MAX || Buffer.byteLength(text) <= SHORT_STRING_MAX;

export function cutToShortString(text: string): string {
  if (isShortString(text)) return text;
  const bytes = Buffer.from(text);
  let end = SHORT_STRING_MAX;
  // Not inside a character: UTF-8's continuation bytes are 10xxxxxx.
  while ((bytes[end]! & 0xc0) === 0x80) end--;
  return bytes.toString("utf8", 0, end);
}
