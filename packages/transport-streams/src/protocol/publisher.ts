import type { Reader } from "./reader.js";
import { string, u8 } from "./writer.js";

/** @param reference "" for none: then the stream deduplicates nothing. At most 255 bytes. */
export const declarePublisher = (publisherId: number, reference: string, stream: string): Buffer =>
  Buffer.concat([u8(publisherId), string(reference), string(stream)]);

export const deletePublisher = (publisherId: number): Buffer => u8(publisherId);

export const queryPublisherSequence = (reference: string, stream: string): Buffer =>
  Buffer.concat([string(reference), string(stream)]);

/** The highest publishing id that the stream has under the reference; 0 where it has none. */
export const readSequence = (answer: Reader): number => answer.u64();
