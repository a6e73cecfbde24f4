import { randomUUID } from "node:crypto";
import type { Entry, Store } from "./store.js";

/** The messages that are locked for their receivers, those of sessions apart. */
export interface Locks {
  /** Its token is the delivery tag. When its time is up, the message goes back to the store. */
  lock(entry: Entry, store: Store, lockMs: number): Lock;
  /** Ends a lock, and gives it where it held until now. */
  unlock(token: Buffer): Lock | undefined;
  /** Locks anew for the same time, from now; undefined where the lock is no more. Milliseconds since 1970. */
  renew(token: Buffer): number | undefined;
  /** The time of all locks is up. */
  expire(): void;
}

export interface Lock {
  readonly token: Buffer;
  readonly entry: Entry;
  readonly store: Store;
  /** Milliseconds since 1970. */
  readonly until: number;
}

export const newToken = (): Buffer => Buffer.from(randomUUID().replaceAll("-", ""), "hex");

export function createLocks(): Locks {
  const held = new Map<
    string,
    { readonly lock: Lock; readonly lockMs: number; readonly timer: NodeJS.Timeout }
  >();
  const name = (token: Buffer) => token.toString("hex");
  const unlock = (token: Buffer): Lock | undefined => {
    const found = held.get(name(token));
    clearTimeout(found?.timer);
    held.delete(name(token));
    return found?.lock;
  };
  const expire = ({ token, entry, store }: Lock) => {
    if (unlock(token) !== undefined) store.abandon(entry);
  };
  return {
    unlock,
    lock(entry, store, lockMs) {
      const lock = { token: newToken(), entry, store, until: Date.now() + lockMs };
      held.set(name(lock.token), { lock, lockMs, timer: setTimeout(() => expire(lock), lockMs).unref() });
      return lock;
    },
    renew(token) {
      const found = held.get(name(token));
      found?.timer.refresh();
      return found && Date.now() + found.lockMs;
    },
    expire() {
      for (const { lock } of [...held.values()]) expire(lock);
    },
  };
}
