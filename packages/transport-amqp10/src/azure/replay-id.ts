import { createHash } from "node:crypto";
import type { OutboundMessage } from "@streamll/core";
import { LONGEST_ID } from "./message.js";

/**
 * The message-id of a dead letter that is replayed: another than it had, since a queue with duplicate detection
 * accepts a second message of one id and drops it. Tries of one replay have one id, so of these it stores one.
 * `undefined` for a message that is no replay.
 */
export function replayMessageId({ messageId, headers, relayed }: OutboundMessage): string | undefined {
  if (relayed === undefined || messageId === "") return undefined;
  const suffix = suffixOf(headers);
  if (suffix === undefined) return undefined;
  const earlier = suffixOf(relayed.message.headers);
  const original =
    earlier !== undefined && messageId.endsWith(earlier) ? messageId.slice(0, -earlier.length) : messageId;
  const fits = original.length + suffix.length <= LONGEST_ID;
  return (fits ? original : createHash("sha256").update(original).digest("hex")) + suffix;
}

/** An event may be replayed more than once under one replay id. */
function suffixOf(headers: Readonly<Record<string, unknown>>): string | undefined {
  const { streamll_replay_id: id, streamll_replayed: count } = headers;
  return id === undefined || count === undefined ? undefined : `/${String(id)}/${String(count)}`;
}
