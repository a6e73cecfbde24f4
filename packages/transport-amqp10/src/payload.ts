/** The bytes of a transfer: a `Buffer`, or what writes itself where it is wanted. */
export interface Payload {
  /** At most so many bytes. */
  readonly length: number;
  /** Returns how many bytes it wrote. */
  copy(target: Buffer, at: number): number;
}

/** A payload as bytes of its own. */
export function bytesOf(payload: Payload): Buffer {
  const bytes = Buffer.allocUnsafeSlow(payload.length);
  return bytes.subarray(0, payload.copy(bytes, 0));
}
