/** Writes text as UTF-8 and returns its length. Short ASCII is copied here: a call into native code costs more than forty characters do. */
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

/** Up to so many bytes are copied here, as in {@link putText}. */
const SHORT = 32;

/** Copies bytes and returns where they end. */
export function putSlice(target: Buffer, at: number, source: Buffer, from: number, to: number): number {
  const length = to - from;
  if (length > SHORT) copy(target, at, source, from, to);
  else for (let i = 0; i < length; i++) target[at + i] = source[from + i]!;
  return at + length;
}

function copy(target: Buffer, at: number, source: Buffer, from: number, to: number): void {
  // Without an object for the part that is copied.
  if (source === target) target.copyWithin(at, from, to);
  else target.set(new Uint8Array(source.buffer, source.byteOffset + from, to - from), at);
}

/** Copies all of `bytes`, and returns where they end. A part would need an object of its own, which costs as much as copying. */
export function putBytes(target: Buffer, at: number, bytes: Buffer): number {
  const { length } = bytes;
  if (length <= SHORT) return putSlice(target, at, bytes, 0, length);
  target.set(bytes, at);
  return at + length;
}

/** Writes a safe integer in 64 bits, two's complement, without the cost of a BigInt. */
export function putInt64(target: Buffer, at: number, value: number): number {
  target.writeInt32BE(Math.floor(value / 0x1_0000_0000), at);
  return target.writeUInt32BE(value >>> 0, at + 4);
}
