import type { Delivery, Sender } from "rhea";
import { fault } from "./conditions.js";
import type { Lock, Locks } from "./locks.js";
import { delivered } from "./message.js";
import { accepted, rejected } from "./outcomes.js";
import type { Store, Waiting } from "./store.js";

export interface Delivering {
  readonly store: Store;
  readonly deadLetters: Store | undefined;
  readonly locks: Locks;
  readonly lockMs: number;
  /** Called with each message. */
  readonly touch: () => void;
}

/** Gives a client's receiver what the store holds, for as long as it grants credit. Returns what ends that. */
export function giveOut(
  sender: Sender,
  { store, deadLetters, locks, lockMs, touch }: Delivering,
): () => void {
  const settledAtOnce = sender.snd_settle_mode === 1;
  const unsettled = new Map<Delivery, Lock>();
  // rhea counts a message against the credit only when it writes it.
  let sent = 0;
  const link = sender as Sender & { credit: number; delivery_count: number };
  const limit = () => link.credit + link.delivery_count;

  // rhea writes transfers before the attach, where both are due and credit came along with the peer's attach.
  let attached = false;
  setImmediate(() => {
    attached = true;
    pump();
  });
  const pump = () => {
    while (attached && sender.is_open() && sender.sendable() && sent < limit()) {
      const waiting = store.take();
      if (!waiting) return;
      touch();
      sent++;
      send(waiting);
    }
  };
  const send = (waiting: Waiting) => {
    const { message, deliveryCount } = waiting;
    if (settledAtOnce) {
      sender.send(delivered(message, deliveryCount), undefined, 0);
      return;
    }
    const lock = locks.lock(waiting, lockMs, () => store.giveBack(onceMore(waiting)));
    unsettled.set(sender.send(delivered(message, deliveryCount, lock.until), lock.token, 0), lock);
  };

  /** What it settles, where the lock was held until now. */
  const settle = (delivery: Delivery): Waiting | undefined => {
    const lock = unsettled.get(delivery);
    if (!lock) return undefined;
    unsettled.delete(delivery);
    const held = locks.unlock(lock);
    delivery.update(true, held ? accepted() : rejected(lockLost()));
    // The receiver settles no second time, and rhea's ring of 2,048 would fill.
    Object.assign(delivery, { remote_settled: true });
    return held ? lock.waiting : undefined;
  };
  const on = (outcome: string, act: (waiting: Waiting, state: State) => void) => {
    sender.on(outcome, ({ delivery }) => {
      const waiting = settle(delivery as Delivery);
      if (waiting) act(waiting, delivery?.remote_state ?? {});
    });
  };
  on("accepted", () => {});
  on("rejected", ({ message }) => deadLetters?.put(message));
  on("released", (waiting) => store.giveBack(waiting));
  on("modified", (waiting, { undeliverable_here: deferred }) => {
    if (!deferred) store.giveBack(onceMore(waiting));
  });
  sender.on("sender_flow", pump);
  sender.on("sendable", pump);
  sender.on("sender_draining", () => {
    pump();
    sent = limit();
    sender.set_drained(true);
  });
  return store.watch(pump);
}

type State = NonNullable<Delivery["remote_state"]>;

const onceMore = ({ message, deliveryCount }: Waiting): Waiting => ({
  message,
  deliveryCount: deliveryCount + 1,
});

const lockLost = () =>
  fault(
    "com.microsoft:message-lock-lost",
    "The lock supplied is invalid. Either the lock expired, or the message has already been removed from the queue.",
  );
