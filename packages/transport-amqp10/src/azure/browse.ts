import { setTimeout as sleep } from "node:timers/promises";
import type { Delivery } from "@streamll/core";
import type { Consumer } from "../consuming/consumer.js";
import { Amqp10Delivery } from "../consuming/delivery.js";
import type { EntityConsuming } from "./entity-link.js";
import { serviceBusReading } from "./reading.js";

/** Each look is an operation that the service charges for. */
const PAUSE_MS = 1000;
/** The service gives 250 at most: https://learn.microsoft.com/azure/service-bus-messaging/message-browsing */
const MOST_AT_ONCE = 250;

/** Looks at the messages of a queue or subscription by their sequence numbers, again and again, and takes none. */
export async function browse({ request, management, open, failed }: EntityConsuming): Promise<Consumer> {
  const shown = new Set<Delivery>();
  const ending = new AbortController();
  const ended = AbortSignal.any([open.life, ending.signal]);
  let next = 0;

  /** Those from `next` on, each once. */
  async function look(most: number): Promise<readonly Amqp10Delivery[]> {
    const found = await management.peek(next, Math.min(most, MOST_AT_ONCE));
    const deliveries = found.map((payload) => new Amqp10Delivery(payload, serviceBusReading));
    const last = deliveries.at(-1)?.headers["x-opt-sequence-number"];
    if (last !== undefined) next = Number(last) + 1;
    return deliveries;
  }

  async function follow(): Promise<void> {
    while (!ended.aborted) {
      const room = request.window - shown.size;
      const found = room > 0 ? await look(room) : [];
      if (ended.aborted) return;
      for (const delivery of found) shown.add(delivery);
      if (found.length > 0) request.receive(found);
      else await sleep(PAUSE_MS, undefined, { signal: ended, ref: false }).catch(() => {});
    }
  }

  if (request.browse === "next") while ((await look(MOST_AT_ONCE)).length > 0);
  const following = follow().catch(failed);
  return {
    settle: (delivery, _, told) => told(shown.delete(delivery) ? "settled" : "lost"),
    async stop() {
      ending.abort();
      await following;
    },
    async close() {
      ending.abort();
      await following;
    },
    leave: () => ending.abort(),
  };
}
