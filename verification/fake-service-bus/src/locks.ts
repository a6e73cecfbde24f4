import { randomUUID } from "node:crypto";
import type { Waiting } from "./store.js";

/** The messages that are locked for a receiver. */
export interface Locks {
  /** Its token is the delivery tag. @param expired called when the time is up. */
  lock(waiting: Waiting, lockMs: number, expired: () => void): Lock;
  /** Ends a lock: whether it held until now. */
  unlock(lock: Lock): boolean;
  /** Locks anew for the same time, from now; undefined where the lock is no more. Milliseconds since 1970. */
  renew(token: Buffer): number | undefined;
}

export interface Lock {
  readonly token: Buffer;
  readonly waiting: Waiting;
  /** Milliseconds since 1970. */
  readonly until: number;
}

export function createLocks(): Locks {
  const held = new Map<string, { readonly lockMs: number; readonly timer: NodeJS.Timeout }>();
  const name = (token: Buffer) => token.toString("hex");
  return {
    lock(waiting, lockMs, expired) {
      const token = Buffer.from(randomUUID().replaceAll("-", ""), "hex");
      const expire = () => {
        held.delete(name(token));
        expired();
      };
      held.set(name(token), { lockMs, timer: setTimeout(expire, lockMs).unref() });
      return { token, waiting, until: Date.now() + lockMs };
    },
    unlock({ token }) {
      clearTimeout(held.get(name(token))?.timer);
      return held.delete(name(token));
    },
    renew(token) {
      const lock = held.get(name(token));
      lock?.timer.refresh();
      return lock && Date.now() + lock.lockMs;
    },
  };
}
