import type { EventLog } from "../buffer/event-log.js";
import type { Ledger } from "./ledger.js";
import type { DeliveryOptions } from "./options.js";

export interface Memory {
  readonly log: EventLog;
  readonly ledger: Ledger;
  readonly options: Pick<DeliveryOptions, "maxBufferedEvents" | "maxBufferedBytes">;
}

/** Whether memory has room for an event of so many bytes: an empty buffer takes any. */
export function fits({ log, ledger, options }: Memory, bytes: number): boolean {
  if (ledger.unsettled === 0) return true;
  return ledger.unsettled < options.maxBufferedEvents && log.bytes + bytes <= options.maxBufferedBytes;
}

/** Whether so much of memory is free that what waits for room goes on. */
export const isHalfFree = (memory: Memory): boolean => isUsedUpTo(memory, 0.5);

/** Whether at most this share of memory is used. */
export function isUsedUpTo({ log, ledger, options }: Memory, share: number): boolean {
  const { maxBufferedEvents, maxBufferedBytes } = options;
  const { unsettled } = ledger;
  return unsettled === 0 || (unsettled <= maxBufferedEvents * share && log.bytes <= maxBufferedBytes * share);
}
