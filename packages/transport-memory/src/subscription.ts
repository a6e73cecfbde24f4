import {
  type Delivery,
  type SettlementOutcome,
  type SubscribeRequest,
  type Subscription,
  TransportError,
  type TransportOptions,
  type Verdict,
} from "@streamll/core";
import { deliveryOf } from "./delivery.js";
import { heartbeatOf } from "./heartbeat.js";
import type { Peer } from "./peer.js";
import type { Entry, Queue } from "./queue.js";

interface Settlement {
  readonly delivery: Delivery;
  readonly verdict: Verdict;
  readonly told: (outcome: SettlementOutcome) => void;
}

/**
 * Consumes from one queue. The broker reads settlements a turn of the event loop later; a silent one neither reads nor
 * delivers.
 *
 * @throws TransportError of kind `not-found`.
 */
export function memorySubscription(
  { router, condition, label }: Peer,
  options: TransportOptions,
  { source, window, receive, counted }: SubscribeRequest,
): Subscription {
  const queue = router.queue(source);
  const isCounting = queue.arguments["x-queue-type"] === "quorum";
  /** What is not settled, as the broker sees it. */
  const taken = new Map<Delivery, Entry>();
  const settled = new Set<Delivery>();
  let inbox: Settlement[] = [];
  let arrived: Delivery[] = [];
  let reading = false;
  let stopped = false;
  let ended = false;
  /** Those who wait until the broker has read all settlements. */
  const closing: (() => void)[] = [];
  let resolveClosed!: (error: TransportError | undefined) => void;
  const closed = new Promise<TransportError | undefined>((resolve) => {
    resolveClosed = resolve;
  });

  const listener = {
    isReady: () => !ended && !stopped && !condition.silent && taken.size < window,
    hear(entry: Entry) {
      const delivery = deliveryOf(entry, isCounting);
      taken.set(delivery, entry);
      if (arrived.push(delivery) === 1) queueMicrotask(handOver);
    },
    cancelled() {
      taken.clear();
      end(new TransportError("cancelled", `the queue "${source}" was deleted`));
    },
  };
  const heartbeat = heartbeatOf(condition, options, end);
  const client = {
    changed() {
      heartbeat.listen();
      readSoon();
      queue.attend();
    },
    drop: end,
  };
  condition.clients.add(client);
  counted?.(queue.depth);
  queue.listen(listener);

  function handOver(): void {
    const deliveries = arrived;
    arrived = [];
    if (!ended && deliveries.length > 0) receive(deliveries);
  }

  function end(error?: TransportError): void {
    if (ended) return;
    ended = true;
    heartbeat.stop();
    condition.clients.delete(client);
    queue.unlisten(listener);
    for (const { told } of inbox.splice(0)) told("lost");
    for (const entry of [...taken.values()].toReversed()) giveBack(queue, entry, { failed: true });
    taken.clear();
    for (const resolve of closing.splice(0)) resolve();
    resolveClosed(error && new TransportError(error.kind, `${label}: ${error.message}`));
  }

  function readSoon(): void {
    if (reading || ended || condition.silent || inbox.length === 0) return;
    reading = true;
    setImmediate(() => {
      reading = false;
      if (condition.silent || ended) return;
      const settlements = inbox;
      inbox = [];
      for (const { delivery, verdict, told } of settlements) {
        settle(queue, taken.get(delivery)!, verdict);
        taken.delete(delivery);
        settled.delete(delivery);
        told("settled");
      }
      queue.attend();
      readSoon();
      if (inbox.length === 0) for (const resolve of closing.splice(0)) resolve();
    });
  }

  return {
    closed,
    settle(delivery, verdict, told) {
      if (ended || !taken.has(delivery) || settled.has(delivery)) return told("lost");
      settled.add(delivery);
      inbox.push({ delivery, verdict, told });
      readSoon();
    },
    async waiting() {
      return queue.depth;
    },
    async stop() {
      stopped = true;
      queue.unlisten(listener);
      // What the broker handed over in this turn comes first.
      await Promise.resolve();
    },
    async close(signal) {
      if (!ended && !signal.aborted && inbox.length > 0) {
        await new Promise<void>((resolve) => {
          closing.push(resolve);
          signal.addEventListener("abort", () => resolve(), { once: true });
        });
      }
      end();
    },
  };
}

function settle(queue: Queue, entry: Entry, verdict: Verdict): void {
  if (verdict.kind === "dead") queue.bury(entry);
  if (verdict.kind !== "again") return;
  const { failed, delayMs = 0 } = verdict;
  if (delayMs === 0) giveBack(queue, entry, { failed });
  else setTimeout(() => giveBack(queue, entry, { failed }), delayMs).unref();
}

function giveBack(queue: Queue, entry: Entry, { failed }: { readonly failed: boolean }): void {
  if (failed) entry.failures++;
  queue.giveBack(entry);
}
