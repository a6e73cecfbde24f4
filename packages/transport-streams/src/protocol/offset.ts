import type { Reader } from "./reader.js";
import { string, u64 } from "./writer.js";

/** Has no answer. The broker stores what it is told, also a lower offset than before. @param name at most 255 bytes. */
export const storeOffset = (name: string, stream: string, offset: number): Buffer =>
  Buffer.concat([string(name), string(stream), u64(offset)]);

export const queryOffset = (name: string, stream: string): Buffer =>
  Buffer.concat([string(name), string(stream)]);

export const readOffset = (answer: Reader): number => answer.u64();
