const SEED = 104_729;

/**
 * The partition of a key, as RabbitMQ's Java, Go, .NET and JavaScript clients choose it: murmur3 (x86, 32 bits) of its
 * UTF-8, modulo.
 */
export const partitionOf = (key: string, partitions: number): number =>
  partitions === 1 ? 0 : partitionOfHash(murmur3(key), partitions);

/** The partition of a key whose hash is known. */
export const partitionOfHash = (hash: number, partitions: number): number => hash % partitions;

/** https://github.com/aappleby/smhasher/blob/master/src/MurmurHash3.cpp, MurmurHash3_x86_32. */
export function murmur3(key: string): number {
  const { length } = key;
  const whole = length & ~3;
  let hash = SEED;
  for (let at = 0; at < whole; at += 4) {
    const a = key.charCodeAt(at);
    const b = key.charCodeAt(at + 1);
    const c = key.charCodeAt(at + 2);
    const d = key.charCodeAt(at + 3);
    if ((a | b | c | d) > 0x7f) return hashOfText(key);
    hash = mix(hash, a | (b << 8) | (c << 16) | (d << 24));
  }
  let tail = 0;
  for (let at = length - 1; at >= whole; at--) {
    const code = key.charCodeAt(at);
    if (code > 0x7f) return hashOfText(key);
    tail = (tail << 8) | code;
  }
  return finished(hash, tail, length);
}

/** Of text that is not only ASCII. */
function hashOfText(key: string): number {
  const bytes = Buffer.from(key);
  return murmur3OfBytes(bytes, 0, bytes.length);
}

/** {@link murmur3} of text whose UTF-8 lies in `bytes`. */
export function murmur3OfBytes(bytes: Buffer, from: number, to: number): number {
  const length = to - from;
  const whole = from + (length & ~3);
  let hash = SEED;
  for (let at = from; at < whole; at += 4) hash = mix(hash, bytes.readInt32LE(at));
  let tail = 0;
  for (let at = to - 1; at >= whole; at--) tail = (tail << 8) | bytes[at]!;
  return finished(hash, tail, length);
}

const mix = (hash: number, word: number): number =>
  (Math.imul(rotate(hash ^ scramble(word), 13), 5) + 0xe654_6b64) | 0;

function finished(mixed: number, tail: number, length: number): number {
  let hash = mixed ^ scramble(tail) ^ length;
  hash = Math.imul(hash ^ (hash >>> 16), 0x85eb_ca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2_ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}

const scramble = (word: number): number => Math.imul(rotate(Math.imul(word, 0xcc9e_2d51), 15), 0x1b87_3593);

const rotate = (word: number, bits: number): number => (word << bits) | (word >>> (32 - bits));
