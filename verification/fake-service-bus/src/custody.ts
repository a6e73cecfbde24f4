import { type Locks, newToken } from "./locks.js";
import type { Session } from "./sessions.js";
import type { Entry, Store } from "./store.js";

/** What a receiver has been given and not settled: each message under a lock of its own, or all under their session's. */
export interface Custody {
  readonly store: Store;
  /** Its token is the delivery tag. */
  hold(entry: Entry): { readonly token: Buffer; readonly until: number };
  /** Ends it; undefined where it is held no more. */
  settle(token: Buffer): Entry | undefined;
  /** The receiver is gone. */
  end(): void;
}

/** The end of a link leaves the locks of its messages as they are. */
export const lockedEach = (store: Store, locks: Locks, lockMs: number): Custody => ({
  store,
  hold: (entry) => locks.lock(entry, store, lockMs),
  settle: (token) => locks.unlock(token)?.entry,
  end() {},
});

/** The end of a link is that of its session's lock, and of all that it holds. */
export function lockedTogether(session: Session): Custody {
  const held = new Map<string, Entry>();
  return {
    store: session.store,
    hold(entry) {
      const token = newToken();
      held.set(token.toString("hex"), entry);
      return { token, until: session.until };
    },
    settle(token) {
      const entry = held.get(token.toString("hex"));
      held.delete(token.toString("hex"));
      return session.isHeld ? entry : undefined;
    },
    end() {
      session.release();
      for (const entry of held.values()) session.store.abandon(entry);
      held.clear();
    },
  };
}
