import type { Consuming, Delivery, SettlementOutcome, Subscription, Verdict } from "@streamll/core";
import { eventsOfMessage } from "./events-of-message.js";

/** A message with events of its own, until there is a verdict on each. */
interface Unpacked {
  readonly message: Delivery;
  readonly events: readonly Delivery[];
  readonly verdicts: Verdict[];
  /** Those that wait for the message's outcome, with their verdicts. */
  readonly told: { readonly verdict: Verdict; tell(outcome: SettlementOutcome): void }[];
  /** Events without a verdict. */
  open: number;
}

/** What is unpacked of one subscription: by event, and by message. */
interface Contents {
  readonly ofEvents: Map<Delivery, Unpacked>;
  readonly ofMessages: WeakMap<Delivery, Unpacked>;
}

/**
 * Hands over each event of a batch, and what is in a compressed message or a CloudEvent, as a delivery of its own, with
 * a verdict of its own. The message is settled when there is a verdict on each.
 */
export const unpacking = (consuming: Consuming): Consuming => ({
  ...consuming,
  async subscribe(endpoint, request, signal) {
    const contents: Contents = { ofEvents: new Map(), ofMessages: new WeakMap() };
    const unpack = (messages: readonly Delivery[]): readonly Delivery[] => {
      const all: Delivery[] = [];
      for (const message of messages) {
        const events = eventsOfMessage(message);
        if (events === undefined) {
          all.push(message);
          continue;
        }
        const one: Unpacked = { message, events, verdicts: [], told: [], open: events.length };
        contents.ofMessages.set(message, one);
        for (const event of events) {
          contents.ofEvents.set(event, one);
          all.push(event);
        }
      }
      return all;
    };
    const subscription = await consuming.subscribe(
      endpoint,
      {
        ...request,
        receive: (messages) => request.receive(unpack(messages)),
        lost: (messages) => request.lost?.(messages.flatMap((message) => takenBack(message, contents))),
      },
      signal,
    );
    return unpackedSubscription(subscription, contents);
  },
});

/** The events of a message that is void, as far as they have no verdict. */
function takenBack(message: Delivery, { ofEvents, ofMessages }: Contents): readonly Delivery[] {
  const one = ofMessages.get(message);
  if (one === undefined) return [message];
  const open = one.events.filter((event) => ofEvents.delete(event));
  tellLost(one);
  return open;
}

function tellLost({ told }: Unpacked): void {
  for (const { tell } of told.splice(0)) tell("lost");
}

function unpackedSubscription(subscription: Subscription, { ofEvents }: Contents): Subscription {
  // What waits for the verdicts of its neighbours is void with the connection: all of the message comes again.
  const closed = subscription.closed.then((error) => {
    const waiting = new Set(ofEvents.values());
    ofEvents.clear();
    for (const one of waiting) tellLost(one);
    return error;
  });
  const { renew, waiting, storeOffset } = subscription;
  /** Under way, by message: its events ask for it together. */
  const renewals = new Map<Delivery, Promise<void>>();
  const renewed = (delivery: Delivery, renew: NonNullable<Subscription["renew"]>): Promise<void> => {
    const { message = delivery } = ofEvents.get(delivery) ?? {};
    let renewal = renewals.get(message);
    if (renewal === undefined) {
      renewal = renew.call(subscription, message).finally(() => renewals.delete(message));
      renewals.set(message, renewal);
    }
    return renewal;
  };
  return {
    closed,
    ...(renew && { renew: (delivery) => renewed(delivery, renew) }),
    ...(waiting && { waiting: () => waiting.call(subscription) }),
    ...(storeOffset && { storeOffset: (...stored) => storeOffset.call(subscription, ...stored) }),
    stop: () => subscription.stop(),
    close: async (signal) => {
      await subscription.close(signal);
      await closed;
    },
    settle(delivery, verdict, tell) {
      const one = ofEvents.size === 0 ? undefined : ofEvents.get(delivery);
      if (one === undefined) return subscription.settle(delivery, verdict, tell);
      ofEvents.delete(delivery);
      one.verdicts.push(verdict);
      one.open--;
      // What a queue delivers again is handled one by one, each once the one before it is told of: only the last can wait
      // for its message.
      const { redelivered, offset } = one.message;
      if (one.open > 0 && redelivered && offset === undefined) return tell("written");
      one.told.push({ verdict, tell });
      if (one.open > 0) return;
      const given = verdictOn(one.verdicts);
      subscription.settle(one.message, given, (outcome) => {
        // An event that is done comes again with its message: that time counts.
        for (const { verdict, tell } of one.told.splice(0))
          tell(given.kind === "again" && verdict.kind !== "again" ? "lost" : outcome);
      });
    },
  };
}

type Again = Verdict & { readonly kind: "again" };

/** The latest that any of its events is to come again: the broker keeps one time for the message. */
const later = (one: Again, other: Again): Again => {
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
