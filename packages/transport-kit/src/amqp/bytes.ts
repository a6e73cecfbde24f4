export { putText } from "@streamll/core/internal";

/** Copies bytes, and returns where they end. Short ones are copied here: the call into native code costs more than forty bytes do. */
export function putBytes(target: Buffer, at: number, bytes: Buffer): number {
  if (bytes.length > 40) return at + bytes.copy(target, at);
  for (let i = 0; i < bytes.length; i++) target[at + i] = bytes[i]!;
  return at + bytes.length;
}

/** Writes a safe integer in 64 bits, two's complement, without the cost of a BigInt. */
export function putInt64(target: Buffer, at: number, value: number): number {
  target.writeInt32BE(Math.floor(value / 0x1_0000_0000), at);
  return target.writeUInt32BE(value >>> 0, at + 4);
}
