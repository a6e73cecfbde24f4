import { isThenable, nameOfError } from "../callback.js";
import { StreamllError } from "../errors.js";
import type { LogThrottle } from "../telemetry/log-throttle.js";
import type { ConsumingCounts } from "./counts.js";
import { admit } from "./decide.js";
import { DeadLetter } from "./handler-errors.js";
import type { Delivery } from "./seam.js";
import type { Handle, HandlerContext } from "./try.js";

/**
 * Remembers which messages are done, by `messageId`. A store that several processes share, or that outlives them, makes
 * each message done once also over restarts, as far as the handler and the store are written together.
 */
export interface DedupStore {
  has(messageId: string): boolean | Promise<boolean>;
  /** Called when the handler has ended well, and before the broker is told. */
  add(messageId: string): void | Promise<void>;
  /**
   * Counts one more delivery of a message that comes again on a queue whose broker does not count, and says how many
   * such deliveries it had. With it, `maxDeliveries` holds on classic queues too, if the store outlives the process.
   */
  deliveries?(messageId: string): number | Promise<number>;
}

/** The store did not say whether a message is done, or how often it was delivered. */
export class DedupUnready extends StreamllError {
  constructor(asked: "has" | "deliveries", cause: unknown) {
    super("DEDUP_FAILED", `the dedup store failed in ${asked}()`, { cause });
  }
}

export interface DedupListener {
  duplicate(): void;
  /** `add` failed: the message is done all the same, and is handled again if it comes again. */
  notAdded(error: unknown): undefined;
}

/** Counts what is done already, and logs what the store failed in. */
export const dedupListener = (counts: ConsumingCounts, throttle: LogThrottle): DedupListener => ({
  duplicate: () => void counts.duplicate++,
  notAdded(error) {
    const message = `the dedup store failed in add() (${nameOfError(error)}): what is done may be handled again`;
    throttle.log("dedup_failed", { code: "DEDUP_FAILED" }, message);
    return undefined;
  },
});

type Limits = Parameters<typeof admit>[1];

/** An empty one is none: it would make one message of all that have it. */
export const idOf = ({ messageId }: Pick<Delivery, "messageId">): string | undefined =>
  messageId || undefined;

/** Handles only what is not done. A try whose time was over has not ended well, even where its handler returned. */
export function deduplicated(
  store: DedupStore,
  limits: Limits,
  handler: Handle,
  listener: DedupListener,
): Handle {
  const handle = limited(store, limits, handler);
  const unready = (error: unknown) => {
    throw new DedupUnready("has", error);
  };
  const isDone = (id: string): boolean | Promise<boolean> => {
    try {
      const answer = store.has(id);
      return isThenable(answer) ? Promise.resolve(answer).catch(unready) : answer;
    } catch (error) {
      return unready(error);
    }
  };
  const add = (id: string, context: HandlerContext): unknown => {
    if (context.isOver) return;
    try {
      const added = store.add(id);
      return isThenable(added) ? Promise.resolve(added).catch(listener.notAdded) : undefined;
    } catch (error) {
      return listener.notAdded(error);
    }
  };
  const once = (id: string, delivery: Delivery, context: HandlerContext): unknown => {
    const handled = handle(delivery, context);
    // Most handlers and stores answer at once: no closure is made for these.
    return isThenable(handled) ? Promise.resolve(handled).then(() => add(id, context)) : add(id, context);
  };
  return (delivery, context) => {
    const id = idOf(delivery);
    if (id === undefined) return handle(delivery, context);
    const known = isDone(id);
    if (isThenable(known))
      return known.then((isKnown) => (isKnown ? listener.duplicate() : once(id, delivery, context)));
    return known ? listener.duplicate() : once(id, delivery, context);
  };
}

/** Gives up what ended the process too often, where the store counts deliveries and the broker does not. */
function limited(store: DedupStore, limits: Limits, handle: Handle): Handle {
  if (store.deliveries === undefined) return handle;
  const unready = (error: unknown) => {
    throw new DedupUnready("deliveries", error);
  };
  const count = (id: string): number | Promise<number> => {
    try {
      const counted = store.deliveries!(id);
      return isThenable(counted) ? Promise.resolve(counted).catch(unready) : counted;
    } catch (error) {
      return unready(error);
    }
  };
  return (delivery, context) => {
    const id = idOf(delivery);
    if (!context.isAlone || id === undefined) return handle(delivery, context);
    const go = (deliveries: number): unknown => {
      const admission = admit({ redelivered: true, earlier: deliveries }, limits);
      if (typeof admission === "object") throw new DeadLetter(admission.reason, admission.description);
      return handle(delivery, context);
    };
    const deliveries = count(id);
    return isThenable(deliveries) ? deliveries.then(go) : go(deliveries);
  };
}
