import { setTimeout as pause } from "node:timers/promises";
import { TransportError } from "@streamll/core";
import type { Consumer } from "../consuming/consumer.js";
import type { Amqp10Delivery } from "../consuming/delivery.js";
import type { EntityConsuming } from "./entity-link.js";
import { SessionSlot } from "./session-slot.js";

/** A refusal comes at once, a session maybe not for long: then the subscription is there, and waits. */
const REFUSED_WITHIN_MS = 1000;

/**
 * Consumes from a queue with sessions: one that is named, or several at a time, each until it has no messages for a
 * while. A session that is lost takes along what was delivered of it.
 */
export async function consumeSessions(consuming: EntityConsuming): Promise<Consumer> {
  const { request, management, failed } = consuming;
  const { sessions = { atOnce: 1 }, window } = request;
  const name = "name" in sessions ? sessions.name : undefined;
  const count = "name" in sessions ? 1 : Math.min(sessions.atOnce, window);
  const owners = new WeakMap<object, SessionSlot>();
  /** Renewals under way, by session: its deliveries ask for it together. */
  const renewals = new Map<string, Promise<void>>();
  const slots = Array.from({ length: count }, (_, index) => {
    const slot: SessionSlot = new SessionSlot({
      ...{ consuming, name },
      window: Math.floor(window / count) + (index < window % count ? 1 : 0),
      receive(deliveries) {
        for (const delivery of deliveries) owners.set(delivery, slot);
        request.receive(deliveries);
      },
    });
    return slot;
  });

  async function renew(session: string, { lock }: Amqp10Delivery): Promise<void> {
    lock!.until = await management.renewSession(session);
  }

  await new Promise<void>((resolve, reject) => {
    let isThere = false;
    const begun = () => {
      isThere = true;
      resolve();
    };
    void pause(REFUSED_WITHIN_MS, undefined, { ref: false }).then(begun);
    for (const slot of slots) slot.run(begun).catch((error) => (isThere ? failed(error) : reject(error)));
  });

  return {
    settle(given, verdict, told) {
      if (!owners.get(given)?.settle(given as Amqp10Delivery, verdict, told)) told("lost");
    },
    renew(given) {
      const session = given.orderingKey ?? "";
      if (!owners.get(given)?.holds(given)) return Promise.reject(gone(session));
      const known = renewals.get(session);
      if (known !== undefined) return known;
      const renewal = renew(session, given as Amqp10Delivery).finally(() => renewals.delete(session));
      renewals.set(session, renewal);
      return renewal;
    },
    async stop() {
      await Promise.all(slots.map((slot) => slot.stop()));
    },
    async close() {
      await Promise.all(slots.map((slot) => slot.close()));
    },
    leave() {
      for (const slot of slots) slot.leave();
    },
  };
}

const gone = (session: string) =>
  new TransportError("cancelled", `the session ${JSON.stringify(session)} was lost`, { permanent: true });
