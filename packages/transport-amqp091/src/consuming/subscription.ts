import { setTimeout as passed } from "node:timers/promises";
import {
  type SettlementOutcome,
  type SubscribeRequest,
  type Subscription,
  TransportError,
} from "@streamll/core";
import { afterDrain, within } from "@streamll/transport-kit";
import type { Channel, ChannelModel } from "amqplib";
import { lifetimeOf } from "../lifetime.js";
import type { Amqp091Delivery } from "./delivery.js";
import type { ConsumingWire } from "./frame-tap.js";
import { mostHeld } from "./held.js";
import { Settlements } from "./settlements.js";

export interface SubscriptionSetup {
  readonly model: ChannelModel;
  readonly wire: ConsumingWire;
  readonly channel: Channel;
  /** The channel's, on the wire. */
  readonly channelNumber: number;
  readonly consumerTag: string;
  readonly request: SubscribeRequest;
  /** The endpoint's, for messages. */
  readonly label: string;
  /** For the broker's answer to basic.cancel, in milliseconds. */
  readonly answerMs: number;
}

export interface OpenSubscription extends Subscription {
  arrived(delivery: Amqp091Delivery): void;
  /** No delivery comes next in this turn. */
  pause(): void;
  /** How long the broker took to answer, in milliseconds. Before, nothing is held. */
  answered(roundTripMs: number): void;
  fail(error: unknown): void;
}

type Told = readonly ((outcome: SettlementOutcome) => void)[];

/** What is done waits for more of its kind at most this long, in milliseconds: each write wakes broker and network. */
const LONGEST_HELD_MS = 5;

/**
 * For so long nothing comes or is settled before the consumer is cancelled, in milliseconds. What is under way inside the
 * broker then, a quorum queue takes back before all that has come (seen of RabbitMQ 3.10 and 4.0).
 */
const QUIET_MS = 50;

/** It is cancelled after so long where it does not fall quiet, in milliseconds: what comes in a large window is much. */
const LONGEST_WAIT_MS = 500;

const givenBack = { kind: "again", failed: false } as const;

/** Consumes on an open channel. Channel and connection live and die together. */
export function openSubscription(setup: SubscriptionSetup): OpenSubscription {
  const { model, wire, channel, request, label } = setup;
  const settlements = new Settlements(setup.channelNumber);
  const over = new AbortController();
  /** Written, and maybe not yet taken by the network. */
  const leaving = new Set<Told>();
  let arriving: Amqp091Delivery[] = [];
  /** Came after `stop()`, and go back behind all that came before: a quorum queue hands them out in that order. */
  const late: Amqp091Delivery[] = [];
  /** What may count against the window while something is held. */
  let most = -1;
  let isWriting = false;
  let holding: NodeJS.Timeout | undefined;
  let isCancelling = false;
  /** When deliveries last came, or settlements were written. */
  let activeAt = performance.now();
  let stopping: Promise<void> | undefined;

  const life = lifetimeOf({
    ...{ model, channel, label, stage: "consume" },
    async goodbye() {
      isCancelling = false;
      write();
      // Its answer says that all before it was read.
      await channel.close();
      await model.close();
    },
    lastly() {
      over.abort();
      arriving = [];
      for (const told of [...leaving, settlements.abandon()]) tell(told, "lost");
      leaving.clear();
    },
  });

  function tell(told: Told, outcome: SettlementOutcome): void {
    for (const each of told) each(outcome);
  }

  function pause(): void {
    activeAt = performance.now();
    if (arriving.length === 0) return;
    const deliveries = arriving;
    arriving = [];
    request.receive(deliveries);
  }

  /** What is settled in one turn is written together, with that of later turns while nobody waits for it. */
  function writeLater(): void {
    if (isWriting || isCancelling) return;
    if (settlements.canWait(most)) {
      holding ??= setTimeout(write, LONGEST_HELD_MS).unref();
      return;
    }
    isWriting = true;
    setImmediate(write);
  }

  function write(): void {
    isWriting = false;
    clearTimeout(holding);
    holding = undefined;
    if (life.isOver || isCancelling) return;
    if (settlements.size <= late.length)
      for (const delivery of late.splice(0)) settlements.settle(delivery, givenBack, () => {});
    if (!settlements.isWaiting) return;
    const { bytes, told } = settlements.take();
    leaving.add(told);
    activeAt = performance.now();
    wire.sendBytes(bytes);
    afterDrain(wire.stream, () => {
      if (leaving.delete(told)) tell(told, "written");
    });
  }

  const answerTo = <T>(method: string, answer: Promise<T>): Promise<T> =>
    within(
      setup.answerMs,
      over.signal,
      () => new TransportError("timeout", `${label}: the broker did not answer ${method}`),
      answer,
    );

  // A passive declaration of it: it asks for no permission.
  const waiting = async () => (await channel.checkQueue(request.source)).messageCount;

  /** Resolves when nothing is under way any more, as far as that can be told. */
  async function quiet(): Promise<void> {
    const latest = performance.now() + LONGEST_WAIT_MS;
    const left = () => Math.min(activeAt + QUIET_MS, latest) - performance.now();
    const isOver = () => life.isOver || life.isClosing;
    do {
      while (left() > 0) await passed(left(), undefined, { ref: false });
      // A busy broker has yet to send what there is room for.
      if (isOver() || settlements.held >= request.window || performance.now() >= latest) return;
      if ((await answerTo("queue.declare", waiting())) === 0) return;
      activeAt = performance.now();
    } while (!isOver());
  }

  async function cancel(): Promise<void> {
    if (life.isOver || life.isClosing) return;
    write();
    isCancelling = true;
    try {
      await quiet();
      if (life.isOver || life.isClosing) return;
      await answerTo("basic.cancel", channel.cancel(setup.consumerTag));
    } catch (error) {
      return life.fail(error);
    } finally {
      isCancelling = false;
    }
    write();
  }

  channel.removeAllListeners("cancel");
  channel.on("cancel", () => {
    isCancelling = false;
    write();
    const text = `${label}: the broker cancelled the consumer of queue "${request.source}": the queue was deleted, its node went down, or a time limit was over`;
    life.fail(new TransportError("cancelled", text));
  });

  return {
    closed: life.closed,
    fail: life.fail,
    pause,
    answered(roundTripMs) {
      most = mostHeld(request.window, roundTripMs);
    },
    arrived(delivery) {
      if (life.isOver || life.isClosing) return;
      settlements.open(delivery);
      (stopping === undefined ? arriving : late).push(delivery);
    },
    settle(delivery, verdict, told) {
      if (life.isOver || life.isClosing || !settlements.settle(delivery, verdict, told)) told("lost");
      else writeLater();
    },
    stop() {
      stopping ??= cancel();
      return stopping;
    },
    close: life.close,
    waiting,
  };
}
