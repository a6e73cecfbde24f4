import { createStore, type Store, type StoreOptions } from "./store.js";

/** A store for each session id; one receiver at a time has a session. */
export interface Sessions {
  put: Store["put"];
  /** That session, or the next with messages; undefined where another receiver has it, or none has messages. */
  accept(id: string | undefined, lockMs: number): Session | undefined;
  /** That session, where a receiver has it. */
  accepted(id: string): Session | undefined;
  /** The time of all their locks is up. */
  expire(): void;
  peek: Store["peek"];
  depth: Store["depth"];
  /** Calls back whenever a session may be there to be accepted, until the returned function is called. */
  watch(changed: () => void): () => void;
}

/** A session that a receiver has. */
export interface Session {
  readonly id: string;
  readonly store: Store;
  /** Milliseconds since 1970. */
  readonly until: number;
  readonly isHeld: boolean;
  /** Locks it anew for the same time, from now. */
  renew(): number;
  /** Others may have it. */
  release(): void;
  /** Called when its time is up. */
  onLost: () => void;
}

export function createSessions(options: StoreOptions): Sessions {
  const stores = new Map<string, Store>();
  const accepted = new Map<string, Session>();
  const watchers = new Set<() => void>();
  const tell = () => {
    for (const changed of watchers) changed();
  };
  const storeOf = (id: string) => {
    const known = stores.get(id);
    if (known !== undefined) return known;
    const store = createStore(options);
    stores.set(id, store);
    store.watch(tell);
    return store;
  };
  const next = () => [...stores].find(([id, store]) => !accepted.has(id) && store.depth() > 0)?.[0];

  function sessionOf(id: string, lockMs: number): Session {
    const release = () => {
      clearTimeout(timer);
      if (!accepted.delete(id)) return;
      tell();
    };
    const timer = setTimeout(() => {
      release();
      session.onLost();
    }, lockMs).unref();
    let until = Date.now() + lockMs;
    const session: Session = {
      id,
      store: storeOf(id),
      get until() {
        return until;
      },
      get isHeld() {
        return accepted.get(id) === session;
      },
      renew() {
        timer.refresh();
        until = Date.now() + lockMs;
        return until;
      },
      release,
      onLost() {},
    };
    return session;
  }

  return {
    put: (message) => storeOf(String(message.message.group_id)).put(message),
    accept(wanted, lockMs) {
      const id = wanted ?? next();
      if (id === undefined || accepted.has(id)) return undefined;
      const session = sessionOf(id, lockMs);
      accepted.set(id, session);
      return session;
    },
    accepted: (id) => accepted.get(id),
    expire() {
      for (const session of [...accepted.values()]) {
        session.release();
        session.onLost();
      }
    },
    peek: (from, count) =>
      [...stores.values()]
        .flatMap((store) => store.peek(from, count))
        .sort((a, b) => a.message.sequenceNumber - b.message.sequenceNumber)
        .slice(0, count),
    depth: () => [...stores.values()].reduce((sum, store) => sum + store.depth(), 0),
    watch(changed) {
      watchers.add(changed);
      return () => watchers.delete(changed);
    },
  };
}
