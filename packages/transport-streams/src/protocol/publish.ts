import { PUBLISH } from "./commands.js";
import { putU64 } from "./writer.js";

/** Size, command, version, publisher id and count. */
export const PUBLISH_HEAD_BYTES = 13;
/** The size field, which a frame's limit does not count. */
export const SIZE_BYTES = 4;
/** Publishing id, and size of the message; in version 2 the filter value stands between them. */
export const ENTRY_HEAD_BYTES = 12;
/** Of a filter value, before its text. */
export const FILTER_HEAD_BYTES = 2;

/** Writes the head of a Publish frame that ends at `end`. Version 2 has a filter value with each entry. */
export function putPublishHead(
  target: Buffer,
  { version, publisherId, count, end }: { version: 1 | 2; publisherId: number; count: number; end: number },
): void {
  target.writeUInt32BE(end - SIZE_BYTES, 0);
  target.writeUInt16BE(PUBLISH, 4);
  target.writeUInt16BE(version, 6);
  target[8] = publisherId;
  target.writeUInt32BE(count, 9);
}

/**
 * Writes what comes before the size of a message, and returns where that is to stand. A frame may hold other entries
 * as well: one whose first bit is set is a sub-entry batch, with its compression in the next three.
 */
export function putEntryHead(target: Buffer, at: number, publishingId: number, filterValue?: string): number {
  const next = putU64(target, at, publishingId);
  if (filterValue === undefined) return next;
  const length = target.write(filterValue, next + FILTER_HEAD_BYTES);
  return target.writeUInt16BE(length, next) + length;
}
