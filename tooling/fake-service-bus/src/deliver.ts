import { randomUUID } from "node:crypto";
import rhea, { type Delivery, type EventContext, type Sender } from "rhea";
import { fault } from "./conditions.js";
import type { Store, Waiting } from "./entity.js";
import { delivered } from "./message.js";

export interface Outlet {
  readonly store: Store;
  readonly deadLetters: Store | undefined;
  /** Called with each message. */
  readonly touch: () => void;
}

/** Gives a client's receiver what the store holds, for as long as it grants credit. */
export function giveOut(sender: Sender, { store, deadLetters, touch }: Outlet): void {
  const settledAtOnce = sender.snd_settle_mode === 1;
  const locks = new Map<Delivery, Lock>();
  // rhea counts a message against the credit only when it writes it.
  let sent = 0;
  const link = sender as Sender & { credit: number; delivery_count: number };
  const limit = () => link.credit + link.delivery_count;

  const pump = () => {
    while (sender.is_open() && sender.sendable() && sent < limit()) {
      const waiting = store.take();
      if (!waiting) return;
      touch();
      sent++;
      send(waiting);
    }
  };
  const send = (waiting: Waiting) => {
    const lockedUntil = settledAtOnce ? undefined : Date.now() + store.lockMs;
    const bytes = delivered(waiting.message, waiting.deliveryCount, lockedUntil);
    const delivery = sender.send(bytes, lockToken(), 0);
    if (settledAtOnce) return;
    const expire = () => {
      locks.delete(delivery);
      store.giveBack(onceMore(waiting));
    };
    locks.set(delivery, { waiting, timer: setTimeout(expire, store.lockMs).unref() });
  };

  const settle = ({ delivery: given }: EventContext) => {
    const delivery = given as Delivery & { remote_settled: boolean };
    const lock = locks.get(delivery);
    locks.delete(delivery);
    clearTimeout(lock?.timer);
    const outcome = delivery.remote_state as { described(): unknown };
    if (lock) delivery.update(true, outcome.described());
    else delivery.update(true, lost());
    // Else it stays in rhea's ring, which holds 2,048: the receiver settles no second time.
    delivery.remote_settled = true;
    if (lock) act(lock.waiting, delivery);
  };
  const act = (waiting: Waiting, { remote_state: outcome }: Delivery) => {
    const { is_rejected, is_released, is_modified } = rhea.message;
    const state = (outcome as { described(): object }).described();
    if (is_rejected(state)) deadLetters?.put(waiting.message);
    else if (is_released(state)) store.giveBack(waiting);
    else if (is_modified(state) && !outcome?.undeliverable_here) store.giveBack(onceMore(waiting));
  };

  for (const outcome of ["accepted", "rejected", "released", "modified"]) sender.on(outcome, settle);
  sender.on("sender_flow", pump);
  sender.on("sendable", pump);
  sender.on("sender_draining", () => {
    pump();
    sent = limit();
    sender.set_drained(true);
  });
  const leave = store.watch(pump);
  sender.on("sender_close", leave);
  // Of a lost connection a link hears nothing.
  sender.connection.on("disconnected", leave);
}

interface Lock {
  readonly waiting: Waiting;
  readonly timer: NodeJS.Timeout;
}

const onceMore = ({ message, deliveryCount }: Waiting): Waiting => ({
  message,
  deliveryCount: deliveryCount + 1,
});

/** The delivery tag is the lock token. */
const lockToken = () => Buffer.from(randomUUID().replaceAll("-", ""), "hex");

const lost = () =>
  (rhea.message as unknown as { rejected(fields: object): { described(): unknown } })
    .rejected({
      error: fault(
        "com.microsoft:message-lock-lost",
        "The lock supplied is invalid. Either the lock expired, or the message has already been removed from the queue.",
      ),
    })
    .described();
