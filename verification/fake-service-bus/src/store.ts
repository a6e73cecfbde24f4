import type { StoredMessage } from "./message.js";

/** What can be taken from: a queue, a subscription, one of its sessions, or the dead letters of one. */
export interface Store {
  put(message: StoredMessage): void;
  /** The next for a receiver, which then has it alone. */
  take(): Waiting | undefined;
  /** Back to its place. */
  giveBack(waiting: Waiting): void;
  /** Whether there is something to take. */
  waiting(): boolean;
  /** Calls `receive` whenever there may be something to take, until the returned function is called. */
  watch(receive: () => void): () => void;
}

export interface Waiting {
  readonly message: StoredMessage;
  readonly deliveryCount: number;
}

export function createStore(): Store {
  const messages: StoredMessage[] = [];
  const returned: Waiting[] = [];
  const watchers = new Set<() => void>();
  let next = 0;
  const tell = () => {
    for (const receive of watchers) receive();
  };
  return {
    put(message) {
      messages.push(message);
      tell();
    },
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
    waiting: () => returned.length > 0 || next < messages.length,
    watch(receive) {
      watchers.add(receive);
      return () => watchers.delete(receive);
    },
  };
}

/** A store for each session id; one receiver at a time has a session. */
export interface Sessions {
  put(message: StoredMessage): void;
  /** That session, or the next with messages; undefined where another receiver has it, or none has messages. */
  accept(id: string | undefined): { readonly id: string; readonly store: Store; release(): void } | undefined;
}

export function createSessions(): Sessions {
  const stores = new Map<string, Store>();
  const accepted = new Set<string>();
  const storeOf = (id: string) => {
    const store = stores.get(id) ?? createStore();
    stores.set(id, store);
    return store;
  };
  const next = () => [...stores].find(([id, store]) => !accepted.has(id) && store.waiting())?.[0];
  return {
    put: (message) => storeOf(String(message.message.group_id)).put(message),
    accept(wanted) {
      const id = wanted ?? next();
      if (id === undefined || accepted.has(id)) return undefined;
      accepted.add(id);
      return { id, store: storeOf(id), release: () => void accepted.delete(id) };
    },
  };
}
