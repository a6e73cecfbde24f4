import * as zlib from "node:zlib";
import type { ContentEncoding } from "../message.js";

/** Smaller bodies are left as they are: little is won on them, and each costs some 10 µs. In bytes. */
const LEAST_BYTES = 1024;

type Compress = (bytes: Buffer) => Buffer;

// Node has zstd from 22.15 and 23.8 on.
const { zstdCompressSync } = zlib as { readonly zstdCompressSync?: Compress };

const compressors: Readonly<Record<ContentEncoding, Compress | undefined>> = {
  // Level 1 is within a tenth of the size that level 6 reaches, at a third of the time.
  gzip: (bytes) => zlib.gzipSync(bytes, { level: 1 }),
  zstd: zstdCompressSync && ((bytes) => zstdCompressSync(bytes)),
};

/** Whether this Node can compress so. */
export const canCompress = (encoding: ContentEncoding): boolean => compressors[encoding] !== undefined;

/**
 * Compresses a body, in this turn of the event loop: on Node's threads it costs two to four times as much, and the
 * results come out of order. `undefined` where nothing is won by it.
 */
export function compressed(bytes: Buffer, encoding: ContentEncoding): Buffer | undefined {
  if (bytes.length < LEAST_BYTES) return undefined;
  const smaller = compressors[encoding]!(bytes);
  return smaller.length < bytes.length ? smaller : undefined;
}
