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
    const last = numberIn(found);
    if (last !== undefined) next = last + 1;
    return found.map((payload) => new Amqp10Delivery(payload, serviceBusReading));
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

  if (request.browse === "next") next = await endOf(async (from) => numberIn(await management.peek(from, 1)));
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

/** The sequence number of the last one; `undefined` where there is none. */
function numberIn(found: readonly Buffer[]): number | undefined {
  const last = found.at(-1);
  if (last === undefined) return undefined;
  const number = Number(new Amqp10Delivery(last, serviceBusReading).headers["x-opt-sequence-number"]);
  return Number.isSafeInteger(number) ? number : undefined;
}

/**
 * A sequence number above all that there are. A queue may hold millions: it is found by halves, in about twice as many
 * requests as the number has bits.
 *
 * @param firstFrom the first sequence number from this one on.
 */
export async function endOf(firstFrom: (from: number) => Promise<number | undefined>): Promise<number> {
  let low = 0;
  let end = 1;
  for (let found = await firstFrom(end); found !== undefined; found = await firstFrom(end)) {
    low = found + 1;
    end = 2 * low;
  }
  while (low < end) {
    const middle = Math.floor((low + end) / 2);
    const found = await firstFrom(middle);
    if (found === undefined) end = middle;
    else low = found + 1;
  }
  return end;
}
