import { after } from "../callback.js";
import type { Handle } from "./handling.js";

/**
 * Remembers which messages are done, by `messageId`. A store that several processes share, or that outlives them, makes
 * each message done once also over restarts, as far as the handler and the store are written together.
 */
export interface DedupStore {
  has(messageId: string): boolean | Promise<boolean>;
  /** Called when the handler has ended well, and before the broker is told. */
  add(messageId: string): void | Promise<void>;
}

/**
 * The last so many ids, in the memory of the process.
 *
 * @param window how many; at least 1.
 */
export function memoryDedup(window: number): DedupStore {
  const ids = new Set<string>();
  // Around. The set's own first id is found by going past all that were deleted: with a window of 10,000 that took ten
  // times as long as all the rest of this (12 to 19 µs an id; Node 20).
  const order: string[] = [];
  let oldest = 0;
  return {
    has: (id) => ids.has(id),
    add(id) {
      if (ids.has(id)) return;
      if (order.length < window) order.push(id);
      else {
        ids.delete(order[oldest]!);
        order[oldest] = id;
        oldest = (oldest + 1) % window;
      }
      ids.add(id);
    },
  };
}

/** Handles only what is not done. A try whose time was over has not ended well, even where its handler returned. */
export function deduplicated(store: DedupStore, handle: Handle, duplicate: () => void): Handle {
  return (delivery, context) => {
    const { messageId } = delivery;
    if (messageId === undefined) return handle(delivery, context);
    return after(store.has(messageId), (isDone) => {
      if (isDone) return duplicate();
      return after(handle(delivery, context), () => {
        if (!context.isOver) return store.add(messageId);
      });
    });
  };
}
