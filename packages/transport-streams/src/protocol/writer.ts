/** A frame with its size in front. */
export function frame(command: number, version: number, ...fields: readonly Buffer[]): Buffer {
  const content = Buffer.concat([u16(command), u16(version), ...fields]);
  return Buffer.concat([u32(content.length), content]);
}

export const u8 = (value: number): Buffer => Buffer.from([value]);

export function u16(value: number): Buffer {
  const bytes = Buffer.allocUnsafe(2);
  bytes.writeUInt16BE(value);
  return bytes;
}

export function u32(value: number): Buffer {
  const bytes = Buffer.allocUnsafe(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

export function u64(value: number): Buffer {
  const bytes = Buffer.allocUnsafe(8);
  putU64(bytes, 0, value);
  return bytes;
}

/** Writes a whole number up to 2⁵³ - 1. */
export function putU64(target: Buffer, at: number, value: number): number {
  target.writeUInt32BE(Math.floor(value / 0x1_0000_0000), at);
  return target.writeUInt32BE(value % 0x1_0000_0000, at + 4);
}

/** At most 32,767 bytes of UTF-8: the length is a signed 16 bits. */
export function string(text: string): Buffer {
  const bytes = Buffer.from(text);
  return Buffer.concat([u16(bytes.length), bytes]);
}

export const list = <T>(items: readonly T[], item: (item: T) => Buffer): Buffer =>
  Buffer.concat([u32(items.length), ...items.map(item)]);

/** Pairs of strings, as properties and arguments are. */
export const map = (pairs: Readonly<Record<string, string>>): Buffer =>
  list(Object.entries(pairs), ([key, value]) => Buffer.concat([string(key), string(value)]));
