import type { Consuming, Delivery, SettlementOutcome, Subscription, Verdict } from "@streamll/core";
import { eventsOfMessage } from "./events-of-message.js";

/** A message with events of its own, until there is a verdict on each. */
interface Unpacked {
  readonly message: Delivery;
  readonly verdicts: Verdict[];
  readonly told: ((outcome: SettlementOutcome) => void)[];
  /** Events without a verdict. */
  open: number;
}

/**
 * Hands over each event of a batch, and what is in a compressed message or a CloudEvent, as a delivery of its own, with
 * a verdict of its own. The message is settled when there is a verdict on each.
 */
export const unpacking = (consuming: Consuming): Consuming => ({
  ...consuming,
  async subscribe(endpoint, request, signal) {
    const unpacked = new Map<Delivery, Unpacked>();

    const unpack = (message: Delivery): readonly Delivery[] => {
      const events = eventsOfMessage(message);
      if (events === undefined) return [message];
      const one: Unpacked = { message, verdicts: [], told: [], open: events.length };
      for (const event of events) unpacked.set(event, one);
      // One that is locked for a time is locked with its message, and longer once that was renewed.
      if (message.lockedUntil !== undefined)
        for (const event of events)
          Object.defineProperty(event, "lockedUntil", { get: () => message.lockedUntil });
      return events;
    };
    const eventsOf = (message: Delivery): readonly Delivery[] => {
      const events = [...unpacked].filter(([, one]) => one.message === message).map(([event]) => event);
      return events.length === 0 ? [message] : events;
    };

    const subscription = await consuming.subscribe(
      endpoint,
      {
        ...request,
        receive: (messages) => request.receive(messages.flatMap(unpack)),
        lost: (messages) => request.lost?.(messages.flatMap(eventsOf)),
      },
      signal,
    );
    return unpackedSubscription(subscription, unpacked);
  },
});

function unpackedSubscription(subscription: Subscription, unpacked: Map<Delivery, Unpacked>): Subscription {
  // What waits for the verdicts of its neighbours is void with the connection: all of the message comes again.
  const closed = subscription.closed.then((error) => {
    const waiting = new Set(unpacked.values());
    unpacked.clear();
    for (const { told } of waiting) for (const tell of told.splice(0)) tell("lost");
    return error;
  });
  return {
    closed,
    ...(subscription.waiting && { waiting: () => subscription.waiting!() }),
    ...(subscription.renew && {
      renew: (delivery: Delivery) => subscription.renew!(unpacked.get(delivery)?.message ?? delivery),
    }),
    stop: () => subscription.stop(),
    close: async (signal) => {
      await subscription.close(signal);
      await closed;
    },
    settle(delivery, verdict, told) {
      const one = unpacked.get(delivery);
      if (one === undefined) return subscription.settle(delivery, verdict, told);
      unpacked.delete(delivery);
      one.verdicts.push(verdict);
      one.open--;
      // What comes again is handled one by one, each once the one before it is told of: only the last can wait for its
      // message.
      if (one.open > 0 && one.message.redelivered) return told("written");
      one.told.push(told);
      if (one.open > 0) return;
      subscription.settle(one.message, verdictOn(one.verdicts), (outcome) => {
        for (const tell of one.told.splice(0)) tell(outcome);
      });
    },
  };
}

/** The latest that any of its events is to come again: the broker keeps one time for the message. */
const later = (
  one: Verdict & { kind: "again" },
  other: Verdict & { kind: "again" },
): Verdict & { kind: "again" } => {
  const delayMs = Math.max(one.delayMs ?? 0, other.delayMs ?? 0);
  return { kind: "again", failed: one.failed || other.failed, ...(delayMs > 0 ? { delayMs } : {}) };
};

/**
 * The broker has one verdict for a message: it comes again as long as one of its events is to, and the others are known
 * then; else it is a dead letter where one of them is.
 */
function verdictOn(verdicts: readonly Verdict[]): Verdict {
  const again = verdicts.filter((verdict) => verdict.kind === "again");
  if (again.length > 0) return again.reduce(later);
  return verdicts.find((verdict) => verdict.kind === "dead") ?? { kind: "done" };
}
