import * as zlib from "node:zlib";

/** A message may not become larger than this: a few kilobytes of gzip can hold gigabytes. In bytes. */
const LARGEST_BODY = 64 * 1024 * 1024;

type Decompress = (bytes: Buffer, options: { readonly maxOutputLength: number }) => Buffer;

// Node has zstd from 22.15 and 23.8 on.
const { zstdDecompressSync } = zlib as { readonly zstdDecompressSync?: Decompress };

const decompressors = new Map<string, Decompress | undefined>([
  ["gzip", zlib.gunzipSync],
  ["zstd", zstdDecompressSync],
]);

/** @throws Error where the bytes are not what `encoding` says, become too large, or this Node cannot read them. */
export function decompressed(body: Buffer, encoding = "identity"): Buffer {
  if (encoding === "" || encoding === "identity") return body;
  const decompress = decompressors.get(encoding.toLowerCase());
  if (decompress === undefined) throw new Error("the content-encoding is unknown here");
  return decompress(body, { maxOutputLength: LARGEST_BODY });
}
