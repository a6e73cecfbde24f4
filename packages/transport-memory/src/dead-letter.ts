import type { MemoryMessage } from "./message.js";
import type { QueueLimits } from "./queue-limits.js";

export type DeathReason = "expired" | "maxlen" | "rejected";

/** An entry of the header `x-death`, the latest first; deaths of one queue and reason are counted in one. */
export interface Death {
  readonly queue: string;
  readonly reason: DeathReason;
  readonly count: number;
  readonly exchange: string;
  readonly "routing-keys": readonly string[];
  readonly time: Date;
  readonly "original-expiration"?: string;
}

/** What a dead letter tells of the queue that it comes from. */
interface SourceQueue {
  readonly name: string;
  readonly limits: Pick<QueueLimits, "deadLetterRoutingKey">;
}

/** The message as it is published to the dead-letter exchange of its queue. */
export function deadLetter(
  { expirationMs, ...message }: MemoryMessage,
  reason: DeathReason,
  queue: SourceQueue,
  exchange: string,
): MemoryMessage {
  const deaths = deathsOf(message);
  const isSame = (death: Death) => death.queue === queue.name && death.reason === reason;
  const before = deaths.find(isSame);
  const death: Death = before
    ? { ...before, count: before.count + 1 }
    : {
        queue: queue.name,
        reason,
        count: 1,
        exchange: message.exchange,
        "routing-keys": [message.routingKey],
        time: new Date(),
        ...(expirationMs === undefined ? {} : { "original-expiration": String(expirationMs) }),
      };
  return {
    ...message,
    exchange,
    routingKey: queue.limits.deadLetterRoutingKey ?? message.routingKey,
    headers: {
      "x-first-death-queue": queue.name,
      "x-first-death-reason": reason,
      "x-first-death-exchange": message.exchange,
      ...message.headers,
      "x-death": [death, ...deaths.filter((one) => one !== before)],
    },
  };
}

/** It comes back to a queue that it died in, and no consumer rejected it on the way: RabbitMQ drops it there. */
export function isCycle(message: MemoryMessage, { name }: Pick<SourceQueue, "name">): boolean {
  const deaths = deathsOf(message);
  const last = deaths.findIndex(({ queue }) => queue === name);
  return last >= 0 && deaths.slice(0, last + 1).every(({ reason }) => reason !== "rejected");
}

const deathsOf = ({ headers }: Pick<MemoryMessage, "headers">): readonly Death[] =>
  Array.isArray(headers["x-death"]) ? headers["x-death"] : [];
