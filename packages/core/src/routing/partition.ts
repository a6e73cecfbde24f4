const SEED = 104_729;

/**
 * The partition of a key, as RabbitMQ's Java, Go, .NET and JavaScript clients choose it: murmur3 (x86, 32 bits) of its
 * UTF-8, modulo.
 */
export const partitionOf = (key: string, partitions: number): number =>
  partitions === 1 ? 0 : murmur3(Buffer.from(key)) % partitions;

/** https://github.com/aappleby/smhasher/blob/master/src/MurmurHash3.cpp, MurmurHash3_x86_32. */
export function murmur3(bytes: Buffer): number {
  const { length } = bytes;
  const whole = length & ~3;
  let hash = SEED;
  for (let at = 0; at < whole; at += 4) {
    hash = rotate(hash ^ scramble(bytes.readInt32LE(at)), 13);
    hash = (Math.imul(hash, 5) + 0xe654_6b64) | 0;
  }
  let tail = 0;
  for (let at = length - 1; at >= whole; at--) tail = (tail << 8) | bytes[at]!;
  hash ^= scramble(tail) ^ length;
  hash = Math.imul(hash ^ (hash >>> 16), 0x85eb_ca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2_ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}

const scramble = (word: number): number => Math.imul(rotate(Math.imul(word, 0xcc9e_2d51), 15), 0x1b87_3593);

const rotate = (word: number, bits: number): number => (word << bits) | (word >>> (32 - bits));
