import type { DecodedMessage, StoredMessage } from "./message.js";

/** A queue, or with subscriptions a topic. */
export interface EntityOptions {
  readonly name: string;
  /** Of a message, in bytes, as the link's `max-message-size` says. Default: 262,144, as of the Standard tier. */
  readonly maxMessageSize?: number;
  /** Of a batch, in bytes, as a property of the link says. Default: no property, and `maxMessageSize` holds. */
  readonly maxBatchSize?: number;
  /** Each message must name its session, and receivers take sessions. Default: false. */
  readonly sessions?: boolean;
  /** A message id is taken once. Default: false. */
  readonly duplicateDetection?: boolean;
  /** Makes it a topic with these subscriptions, at `NAME/Subscriptions/SUBSCRIPTION`. */
  readonly subscriptions?: readonly string[];
  /** How long a message or a session stays locked for its receiver, in milliseconds. Default: 60,000. */
  readonly lockMs?: number;
  /** After so many deliveries a message is a dead letter. Default: 10. */
  readonly maxDeliveryCount?: number;
}

export interface Entity {
  readonly options: EntityOptions;
  /** All that was taken in, in order. */
  readonly messages: readonly StoredMessage[];
  /** Stores the messages of one transfer. */
  add(messages: readonly DecodedMessage[]): void;
}

/** @param outlets where what it takes in goes: its own store, or its subscriptions'. */
export function createEntity(
  options: EntityOptions,
  outlets: readonly { put(message: StoredMessage): void }[],
): Entity {
  const messages: StoredMessage[] = [];
  const ids = new Set<unknown>();
  let transfer = 0;
  return {
    options,
    messages,
    add(decoded) {
      transfer++;
      for (const each of decoded) {
        if (options.duplicateDetection && ids.has(each.message.message_id)) continue;
        if (options.duplicateDetection) ids.add(each.message.message_id);
        const stored = { ...each, sequenceNumber: messages.length + 1, enqueuedAt: Date.now(), transfer };
        messages.push(stored);
        for (const outlet of outlets) outlet.put(stored);
      }
    },
  };
}
