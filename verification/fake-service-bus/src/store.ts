import { Fifo } from "@streamll/core/internal";
import type { Death, StoredMessage } from "./message.js";

/** What can be taken from: a queue, a subscription, one of its sessions, or the dead letters of one. */
export interface Store {
  put(message: StoredMessage): void;
  /** The next for a receiver, which then has it alone. */
  take(): Entry | undefined;
  /** Back to its place, as if it had not been delivered. */
  release(entry: Entry): void;
  /** Back to its place, one delivery the richer; or, with the last that it may have, to the dead letters. */
  abandon(entry: Entry): void;
  remove(entry: Entry): void;
  /** To the dead letters; `false` where there are none. */
  bury(entry: Entry, death: Death): boolean;
  /** What is in it, taken or not, from a sequence number on. */
  peek(from: number, count: number): readonly Entry[];
  /** How many there are to be taken. */
  depth(): number;
  /** Calls `receive` whenever there may be something to take, until the returned function is called. */
  watch(receive: () => void): () => void;
}

/** A message in a store. */
export interface Entry {
  readonly message: StoredMessage;
  /** How often it was delivered and not settled. */
  readonly deliveryCount: number;
}

export interface StoreOptions {
  readonly deadLetters?: Store | undefined;
  /** After so many deliveries a message is a dead letter. Default: none is. */
  readonly maxDeliveryCount?: number | undefined;
}

export function createStore({
  deadLetters,
  maxDeliveryCount = Number.POSITIVE_INFINITY,
}: StoreOptions = {}): Store {
  /** By sequence number, in order. */
  const entries = new Map<number, Entry>();
  const returned: Entry[] = [];
  const fresh = new Fifo<Entry>();
  const watchers = new Set<() => void>();
  const tell = () => {
    for (const receive of watchers) receive();
  };
  const giveBack = (entry: Entry) => {
    entries.set(entry.message.sequenceNumber, entry);
    returned.push(entry);
    returned.sort((a, b) => a.message.sequenceNumber - b.message.sequenceNumber);
    tell();
  };
  const store: Store = {
    put(message) {
      const entry = { message, deliveryCount: 0 };
      entries.set(message.sequenceNumber, entry);
      fresh.push(entry);
      tell();
    },
    take: () => returned.shift() ?? fresh.shift(),
    release: giveBack,
    abandon({ message, deliveryCount }) {
      const entry = { message, deliveryCount: deliveryCount + 1 };
      if (entry.deliveryCount < maxDeliveryCount || !store.bury(entry, tooOften(maxDeliveryCount)))
        giveBack(entry);
    },
    remove: ({ message }) => void entries.delete(message.sequenceNumber),
    bury({ message }, death) {
      if (deadLetters === undefined) return false;
      entries.delete(message.sequenceNumber);
      deadLetters.put({ ...message, death });
      return true;
    },
    peek: (from, count) =>
      [...entries.values()].filter(({ message }) => message.sequenceNumber >= from).slice(0, count),
    depth: () => returned.length + fresh.length,
    watch(receive) {
      watchers.add(receive);
      return () => watchers.delete(receive);
    },
  };
  return store;
}

const tooOften = (limit: number): Death => ({
  reason: "MaxDeliveryCountExceeded",
  description: `Message could not be consumed after ${limit} delivery attempts.`,
});
