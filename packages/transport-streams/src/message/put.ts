export function put(target: Buffer, at: number, bytes: Buffer): number {
  if (bytes.length > 40) return at + bytes.copy(target, at);
  for (let i = 0; i < bytes.length; i++) target[at + i] = bytes[i]!;
  return at + bytes.length;
}
