import type { FoundMessage } from "@streamll/brokers";
import type { Verdict } from "./messages.js";

/** What is asked of a message that was read back. */
export type Found = Pick<FoundMessage, "messageId" | "correlationId">;

/** What became of the events, by what an independent client found in the queue. */
export interface Account {
  readonly accepted: number;
  /** Ids that were accepted, did not fail, and are not there. */
  readonly lost: readonly string[];
  /** Messages beyond the first of each event. */
  readonly duplicated: number;
  /** Messages that are none of the program's events. */
  readonly foreign: number;
  /** Ids that come behind a later one of their execution. */
  readonly outOfOrder: readonly string[];
}

export function accountOf(
  found: readonly Found[],
  { offered, besides, refused, failures }: Pick<Verdict, "offered" | "besides" | "refused" | "failures">,
): Account {
  const accepted = new Set([...Array.from({ length: offered }, (_, index) => String(index)), ...besides]);
  for (const id of refused) accepted.delete(id);
  const seen = new Set<string>();
  const last = new Map<string, number>();
  const outOfOrder: string[] = [];
  let foreign = 0;
  for (const { messageId, correlationId } of found) {
    if (!accepted.has(messageId)) foreign++;
    else if (!seen.has(messageId)) {
      seen.add(messageId);
      const index = Number(messageId);
      if (index < (last.get(correlationId) ?? -1)) outOfOrder.push(messageId);
      else last.set(correlationId, index);
    }
  }
  const failed = new Set(Object.values(failures).flat());
  return {
    accepted: accepted.size,
    lost: [...accepted].filter((id) => !seen.has(id) && !failed.has(id)),
    duplicated: found.length - foreign - seen.size,
    foreign,
    outOfOrder,
  };
}
