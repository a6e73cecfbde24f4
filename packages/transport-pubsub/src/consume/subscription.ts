import { setMaxListeners } from "node:events";
import { setTimeout as pause } from "node:timers/promises";
import {
  type Delivery,
  type SettlementOutcome,
  type SubscribeRequest,
  type Subscription,
  TransportError,
  type TransportOptions,
  type Verdict,
} from "@streamll/core";
import { connectionLife } from "@streamll/transport-kit";
import { failure } from "../failure.js";
import { RefusedRequest } from "../http/api.js";
import type { Line } from "../line.js";
import { deadLetters } from "./dead-letter.js";
import { type Held, heldOf } from "./delivery.js";
import { persistently } from "./persistence.js";
import { MOST_IDS, type Order, Settlements } from "./settlements.js";
import { sourceOf } from "./source.js";

/** The service answers a pull after some 90 s, also where nothing came. */
const PULL_TIMEOUT_MS = 120_000;
const ANSWER_TIMEOUT_MS = 30_000;
/** Messages of one pull. */
const MOST_AT_A_TIME = 1000;
/** For so long a pull waits, in milliseconds, while less than a quarter of the window is free. */
const GATHER_MS = 20;
/** Between pulls that the service answers with nothing, in milliseconds. */
const EMPTY_PAUSE_MS = 100;
/** The longest lease of the service, in seconds. */
const LONGEST_LEASE = 600;
/** What is left is given back within so many milliseconds where the connection broke. */
const PARTING_MS = 2000;

/** Pulls from one subscription. @throws as {@link sourceOf} */
export async function subscription(
  line: Line,
  { source: id, window, receive }: SubscribeRequest,
  options: Pick<TransportOptions, "connectionTimeoutMs" | "logger">,
  signal: AbortSignal,
): Promise<Subscription> {
  const source = await sourceOf(line, id, options, signal);
  const { api, label } = line;
  const leaseMs = source.ackDeadlineSeconds * 1000;
  const leases = new Map<Delivery, Held>();
  const stopping = new AbortController();
  const ending = new AbortController();
  // Each settlement that is tried again listens to it.
  setMaxListeners(0, ending.signal);
  const settlements = new Settlements((ackIds, order) =>
    persistently(ending.signal, () => tell(ackIds, order, ANSWER_TIMEOUT_MS)),
  );
  const letters = deadLetters(line, source, ending.signal);
  let hasRoom: (() => void) | undefined;
  let failed: TransportError | undefined;
  void line.gone.then(() => {
    stopping.abort();
    ending.abort();
    letters.end();
    settlements.end();
    leases.clear();
  });
  const life = connectionLife({ gone: line.gone, goodbye: leave, destroy: () => line.end() });
  line.onBroken(fail);
  const pulling = pullOn();

  async function tell(ackIds: readonly string[], order: Order, timeoutMs: number): Promise<void> {
    const isAck = order === "acknowledge";
    const path = `${source.path}:${isAck ? "acknowledge" : "modifyAckDeadline"}`;
    const body = JSON.stringify(isAck ? { ackIds } : { ackIds, ackDeadlineSeconds: order });
    await api.call({ method: "POST", path, body, timeoutMs });
  }

  async function pullOn(): Promise<void> {
    try {
      while (!stopping.signal.aborted) {
        const free = window - leases.size;
        if (free === 0) await new Promise<void>((resolve) => (hasRoom = resolve));
        else if (free * 4 < window)
          await pause(GATHER_MS, undefined, { signal: stopping.signal, ref: false });
        if (!stopping.signal.aborted) await pull();
      }
    } catch (error) {
      if (!stopping.signal.aborted) fail(endOf(error));
    }
  }

  async function pull(): Promise<void> {
    const body = JSON.stringify({ maxMessages: Math.min(window - leases.size, MOST_AT_A_TIME) });
    const path = `${source.path}:pull`;
    const request = {
      method: "POST",
      path,
      body,
      timeoutMs: PULL_TIMEOUT_MS,
      signal: stopping.signal,
    } as const;
    const answer = await persistently(stopping.signal, () => api.call(request));
    const held = listIn(answer.receivedMessages).map((one) => heldOf(one, source.topic));
    if (held.length === 0) await pause(EMPTY_PAUSE_MS, undefined, { signal: stopping.signal, ref: false });
    else if (stopping.signal.aborted) for (const { ackId } of held) giveBack(ackId);
    else {
      const lockedUntil = Date.now() + leaseMs;
      for (const one of held) {
        one.delivery.lockedUntil = lockedUntil;
        leases.set(one.delivery, one);
      }
      receive(held.map(({ delivery }) => delivery));
    }
  }

  /** What ended the pulling. */
  function endOf(error: unknown): TransportError {
    if (!(error instanceof RefusedRequest && error.status === 404)) return failure(error, label);
    return new TransportError("cancelled", `${label}: the subscription "${id}" was deleted`);
  }

  function giveBack(ackId: string): void {
    settlements.add({ ackId, order: 0, told: () => {} });
  }

  async function renew(delivery: Delivery): Promise<void> {
    const held = leases.get(delivery);
    if (held === undefined) {
      const message = `${label}: the message is settled, or its connection is gone`;
      throw new TransportError("not-found", message, { permanent: true });
    }
    const lockedUntil = Date.now() + leaseMs;
    const outcome = await new Promise<SettlementOutcome>((told) =>
      settlements.add({ ackId: held.ackId, order: source.ackDeadlineSeconds, told }),
    );
    if (outcome === "lost")
      throw new TransportError("timeout", `${label}: the ack deadline was not extended`);
    held.delivery.lockedUntil = lockedUntil;
  }

  /** Gives back what is not settled, so that it comes again at once and not when its lease is over. */
  function fail(error: TransportError): void {
    if (failed !== undefined) return;
    failed = error;
    stopping.abort();
    ending.abort();
    letters.end();
    settlements.end();
    const ackIds = [...leases.values()].map(({ ackId }) => ackId);
    leases.clear();
    const parting = inLots(ackIds).map((some) => tell(some, 0, PARTING_MS));
    void Promise.allSettled(parting).then(() => line.end(error));
  }

  /** Before anything is given back: a pull that is under way would get it. */
  async function stop(): Promise<void> {
    stopping.abort();
    hasRoom?.();
    await pulling;
  }

  async function leave(): Promise<void> {
    await stop();
    await letters.idle();
    for (const { ackId } of leases.values()) giveBack(ackId);
    leases.clear();
    await settlements.idle();
  }

  function settle(delivery: Delivery, verdict: Verdict, told: (outcome: SettlementOutcome) => void): void {
    const lease = leases.get(delivery);
    if (lease === undefined) return told("lost");
    leases.delete(delivery);
    hasRoom?.();
    const { ackId } = lease;
    if (verdict.kind === "done") return settlements.add({ ackId, order: "acknowledge", told });
    if (verdict.kind === "again") {
      const seconds = Math.min(Math.ceil((verdict.delayMs ?? 0) / 1000), LONGEST_LEASE);
      return settlements.add({ ackId, order: seconds, told });
    }
    letters.bury(lease, verdict, (isThere) => {
      if (isThere) settlements.add({ ackId, order: "acknowledge", told });
      // Kept: it comes again, and its next verdict is carried out where that is possible then.
      else settlements.add({ ackId, order: 0, told: () => told("lost") });
    });
  }

  return {
    closed: life.closed,
    close: life.close,
    settle,
    renew,
    stop,
  };
}

function inLots(ackIds: readonly string[]): readonly (readonly string[])[] {
  const lots = Math.ceil(ackIds.length / MOST_IDS);
  return Array.from({ length: lots }, (_, index) => ackIds.slice(index * MOST_IDS, (index + 1) * MOST_IDS));
}

const listIn = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);
