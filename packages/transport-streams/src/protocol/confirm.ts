import type { Reader } from "./reader.js";

export interface Confirm {
  readonly publisherId: number;
  readonly count: number;
}

/** The ids follow, `count` of them, in the order of the broker. */
export const readConfirmHead = (frame: Reader): Confirm => ({
  publisherId: frame.u8(),
  count: frame.count(8),
});

export interface PublishError {
  readonly publishingId: number;
  readonly code: number;
}

export const readPublishErrors = (frame: Reader) => ({
  publisherId: frame.u8(),
  errors: frame.list(10, (reader): PublishError => ({ publishingId: reader.u64(), code: reader.u16() })),
});
