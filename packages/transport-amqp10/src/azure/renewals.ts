import { isTransportError } from "@streamll/core/internal";
import type { Lock } from "../consuming/delivery.js";
import type { EntityManagement } from "./entity-management.js";

/** Of one request: it holds up all others of the connection's management node. */
const MOST_LOCKS = 100;

interface Waiting {
  readonly lock: Lock;
  resolve(): void;
  reject(error: unknown): void;
}

/**
 * Renews locks, all that are asked for in one turn by one request. Rejects where a lock is lost: the others of its request
 * are then renewed one by one, since the service refuses the whole request and does not say which it was.
 */
export function lockRenewals({ renew }: Pick<EntityManagement, "renew">): (lock: Lock) => Promise<void> {
  let waiting: Waiting[] = [];

  async function renewAll(some: readonly Waiting[]): Promise<void> {
    try {
      const until = await renew(some.map(({ lock }) => lock));
      for (const [index, { lock, resolve }] of some.entries()) {
        lock.until = until[index]!;
        resolve();
      }
    } catch (error) {
      const isOneLost = some.length > 1 && isTransportError(error) && error.permanent;
      if (isOneLost) await Promise.all(some.map((one) => renewAll([one])));
      else for (const { reject } of some) reject(error);
    }
  }

  function flush(): void {
    const all = waiting;
    waiting = [];
    for (let from = 0; from < all.length; from += MOST_LOCKS)
      void renewAll(all.slice(from, from + MOST_LOCKS));
  }

  return (lock) =>
    new Promise((resolve, reject) => {
      if (waiting.push({ lock, resolve, reject }) === 1) queueMicrotask(flush);
    });
}
