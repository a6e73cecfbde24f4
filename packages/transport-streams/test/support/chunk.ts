import { crc32 } from "node:zlib";
import type { Entry } from "./put.js";

interface Wrong {
  readonly crc?: number;
  readonly magic?: number;
  readonly records?: number;
}

/** A chunk as osiris writes it, whose first offset is 100. */
export function chunkBytes(records: number, entries: readonly Entry[], wrong: Wrong = {}): Buffer {
  const data = Buffer.concat(entries);
  const head = Buffer.alloc(48);
  head[0] = wrong.magic ?? 0x50;
  head.writeUInt16BE(entries.length, 2);
  head.writeUInt32BE(wrong.records ?? records, 4);
  head.writeBigUInt64BE(100n, 24);
  head.writeUInt32BE(wrong.crc ?? crc32(data), 32);
  head.writeUInt32BE(data.length, 36);
  return Buffer.concat([head, data]);
}
