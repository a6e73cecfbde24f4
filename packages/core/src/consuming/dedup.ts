import { after, isThenable } from "../callback.js";
import { StreamllError } from "../errors.js";
import type { Delivery } from "./seam.js";
import type { Handle } from "./try.js";

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

/** The store did not say whether a message is done. */
export class DedupUnready extends StreamllError {
  constructor(cause: unknown) {
    super("DEDUP_FAILED", "the dedup store failed in has()", { cause });
  }
}

export interface DedupListener {
  duplicate(): void;
  /** `add` failed: the message is done all the same, and is handled again if it comes again. */
  notAdded(error: unknown): undefined;
}

/** An empty one is none: it would make one message of all that have it. */
export const idOf = ({ messageId }: Pick<Delivery, "messageId">): string | undefined =>
  messageId || undefined;

/** Handles only what is not done. A try whose time was over has not ended well, even where its handler returned. */
export function deduplicated(store: DedupStore, handle: Handle, listener: DedupListener): Handle {
  const unready = (error: unknown) => {
    throw new DedupUnready(error);
  };
  return (delivery, context) => {
    const id = idOf(delivery);
    if (id === undefined) return handle(delivery, context);
    return after(
      guarded(() => store.has(id), unready),
      (isDone) => {
        if (isDone) return listener.duplicate();
        return after(handle(delivery, context), () => {
          if (!context.isOver) return guarded(() => store.add(id), listener.notAdded);
        });
      },
    );
  };
}

/** What `ask` gives, or what `failed` makes of its error. */
function guarded<T>(
  ask: () => T | Promise<T>,
  failed: (error: unknown) => undefined | never,
): T | undefined | Promise<T | undefined> {
  try {
    const answer = ask();
    return isThenable(answer) ? Promise.resolve(answer).catch(failed) : answer;
  } catch (error) {
    return failed(error);
  }
}
