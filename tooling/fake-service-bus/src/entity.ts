import { dataOf, decode, type StoredMessage } from "./message.js";

/** A queue, or with subscriptions a topic. */
export interface EntityOptions {
  readonly name: string;
  /** Of a message, in bytes, as the link's `max-message-size` says. Default: 262,144, as of the Standard tier. */
  readonly maxMessageSize?: number;
  /** Of a batch, in bytes, as the link's property says. Default: no property, and `maxMessageSize` holds. */
  readonly maxBatchSize?: number;
  /** Each message must name its session. Default: false. */
  readonly sessions?: boolean;
  /** A message id is taken once. Default: false. */
  readonly duplicateDetection?: boolean;
  /** Makes it a topic with these subscriptions, at `NAME/Subscriptions/SUBSCRIPTION`. */
  readonly subscriptions?: readonly string[];
  /** How long a message stays locked for its receiver, in milliseconds. Default: 60,000. */
  readonly lockMs?: number;
}

/** What can be taken from: a queue, a subscription, or the dead letters of one. */
export interface Store {
  readonly lockMs: number;
  /** All that it ever held, in order. */
  readonly messages: readonly StoredMessage[];
  /** The next for a receiver, which then has it alone. */
  take(): Waiting | undefined;
  /** Back to the front. */
  giveBack(waiting: Waiting): void;
  put(message: StoredMessage): void;
  /** Calls `receive` whenever there may be something to take, until the returned function is called. */
  watch(receive: () => void): () => void;
}

export interface Waiting {
  readonly message: StoredMessage;
  readonly deliveryCount: number;
}

export interface Entity {
  readonly options: EntityOptions;
  /** All that was taken in, in order. */
  readonly messages: readonly StoredMessage[];
  /** Stores the messages of one transfer. */
  add(encoded: readonly Buffer[]): void;
}

export function createStore(lockMs: number): Store {
  const messages: StoredMessage[] = [];
  const returned: Waiting[] = [];
  const watchers = new Set<() => void>();
  let next = 0;
  const tell = () => {
    for (const receive of watchers) receive();
  };
  return {
    lockMs,
    messages,
    take() {
      const again = returned.shift();
      if (again) return again;
      const message = messages[next];
      if (message === undefined) return undefined;
      next++;
      return { message, deliveryCount: 0 };
    },
    giveBack(waiting) {
      returned.push(waiting);
      returned.sort((a, b) => a.message.sequenceNumber - b.message.sequenceNumber);
      tell();
    },
    put(message) {
      messages.push(message);
      tell();
    },
    watch(receive) {
      watchers.add(receive);
      return () => watchers.delete(receive);
    },
  };
}

/** @param stores where what it takes in goes: its own, or its subscriptions'. */
export function createEntity(options: EntityOptions, stores: readonly Store[]): Entity {
  const messages: StoredMessage[] = [];
  const ids = new Set<unknown>();
  let transfer = 0;
  return {
    options,
    messages,
    add(encoded) {
      transfer++;
      for (const bytes of encoded) {
        const message = decode(bytes);
        if (options.duplicateDetection && ids.has(message.message_id)) continue;
        ids.add(message.message_id);
        const stored = {
          sequenceNumber: messages.length + 1,
          enqueuedAt: Date.now(),
          bytes,
          message,
          body: dataOf(message),
          transfer,
        };
        messages.push(stored);
        for (const store of stores) store.put(stored);
      }
    },
  };
}
