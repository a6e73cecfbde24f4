import type { Delivery } from "@streamll/core";
import { type Entry, messageIn } from "./queue.js";

/** A message as one who consumes gets it. A quorum queue counts the tries that failed, a classic one does not. */
export function deliveryOf(entry: Entry, isCounting: boolean): Delivery {
  const { deliveryMode, expirationMs, ...message } = messageIn(entry);
  const { redelivered, failures } = entry;
  const set = Object.entries(message).filter(([name, value]) => value !== "" || name === "exchange");
  return {
    ...(Object.fromEntries(set) as typeof message),
    persistent: deliveryMode === 2,
    ...(expirationMs === undefined ? {} : { expiration: String(expirationMs) }),
    redelivered,
    ...(isCounting ? { earlier: failures } : {}),
  };
}
