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
  return {
    has: (id) => ids.has(id),
    add(id) {
      ids.delete(id);
      ids.add(id);
      if (ids.size <= window) return;
      for (const oldest of ids) {
        ids.delete(oldest);
        return;
      }
    },
  };
}

/** Handles only what is not done. A try whose time was over has not ended well, even where its handler returned. */
export function deduplicated(store: DedupStore, handle: Handle, duplicate: () => void): Handle {
  return async (delivery, context) => {
    const { messageId } = delivery;
    if (messageId === undefined) return handle(delivery, context);
    if (await store.has(messageId)) return duplicate();
    await handle(delivery, context);
    if (!context.signal.aborted) await store.add(messageId);
  };
}
