import type { AmqpError, Delivery, Sender } from "rhea";
import { fault, faultOf } from "./conditions.js";
import type { Custody } from "./custody.js";
import { delivered } from "./message.js";
import { answer } from "./outcomes.js";
import type { Entry, Store } from "./store.js";

export interface Delivering {
  readonly custody: Custody;
  /** What the loss of a lock is called: `com.microsoft:message-lock-lost` or that of a session. */
  readonly lockLost: string;
  /** Why the next settlement is refused, on command. */
  readonly refusal: () => AmqpError | undefined;
  /** Called with each message. */
  readonly touch: () => void;
}

/** Gives a client's receiver what the store holds, for as long as it grants credit. Returns what ends that. */
export function giveOut(sender: Sender, { custody, lockLost, refusal, touch }: Delivering): () => void {
  const { store } = custody;
  const settledAtOnce = sender.snd_settle_mode === 1;
  const tokens = new Map<Delivery, Buffer>();
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
      const entry = store.take();
      if (!entry) return;
      touch();
      sent++;
      send(entry);
    }
  };
  const send = (entry: Entry) => {
    const { message, deliveryCount } = entry;
    if (settledAtOnce) {
      store.remove(entry);
      sender.send(delivered(message, deliveryCount), undefined, 0);
      return;
    }
    const { token, until } = custody.hold(entry);
    tokens.set(sender.send(delivered(message, deliveryCount, until), token, 0), token);
  };

  const on = (outcome: string, settle: Settle) => {
    sender.on(outcome, ({ delivery }) => {
      const token = tokens.get(delivery as Delivery);
      // A detached link voids its settlements.
      if (!delivery || !token || !sender.is_open()) return;
      tokens.delete(delivery);
      const refused = refusal();
      const entry = refused ? undefined : custody.settle(token);
      const error =
        refused ?? (entry ? settle(store, entry, delivery.remote_state ?? {}) : faultOf(lockLost));
      answer(delivery, sender, error);
      // The receiver settles no second time, and rhea's ring of 2,048 would fill.
      Object.assign(delivery, { remote_settled: true });
    });
  };
  on("accepted", (from, entry) => void from.remove(entry));
  on("rejected", (from, entry, { error }) => {
    const { DeadLetterReason: reason, DeadLetterErrorDescription: description } = error?.info ?? {};
    if (from.bury(entry, { reason, description })) return undefined;
    from.release(entry);
    return fault("amqp:not-allowed", "A dead letter cannot be dead-lettered again.");
  });
  on("released", (from, entry) => void from.release(entry));
  on("modified", (from, entry, { undeliverable_here: deferred }) =>
    deferred ? undefined : void from.abandon(entry),
  );
  sender.on("sender_flow", pump);
  sender.on("sendable", pump);
  sender.on("sender_draining", () => {
    pump();
    sent = limit();
    sender.set_drained(true);
  });
  const unwatch = store.watch(pump);
  return () => {
    unwatch();
    custody.end();
  };
}

type Settle = (store: Store, entry: Entry, state: State) => AmqpError | undefined;

type State = NonNullable<Delivery["remote_state"]> & {
  readonly error?: { readonly info?: Readonly<Record<string, string>> };
};
