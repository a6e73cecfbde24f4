import type { Delivery, InboundMessage, OutboundMessage } from "@streamll/core";
import { relayedCopy } from "@streamll/core/internal";
import { isRecord, type Kind, name, Refusal } from "@streamll/core/options";
import { failureOf } from "./failure.js";

/** Where a dead letter is sent to. */
export interface ReplayTarget {
  /** `""` is the default exchange, whose routing keys are names of queues. */
  readonly exchange: string;
  /** Default: the one that the message had. */
  readonly routingKey?: string | undefined;
}

/** As a user writes it. */
export const replayTarget: Kind<ReplayTarget> = {
  type: "`{ exchange, routingKey? }`",
  allowed: 'an object such as { exchange: "streamll_events" } or { exchange: "", routingKey: "a-queue" }',
  read(value) {
    if (!isRecord(value)) return new Refusal();
    const { exchange, routingKey, ...others } = value;
    const short = name(0);
    const isTarget =
      short.read(exchange) === exchange &&
      (routingKey === undefined || short.read(routingKey) === routingKey);
    if (!isTarget || Object.keys(others).length > 0) return new Refusal();
    if (exchange === "" && routingKey === undefined)
      return new Refusal('needs a routingKey with exchange "": the name of a queue');
    return value as unknown as ReplayTarget;
  },
};

/** A replay, as its messages name it. */
export interface ReplayMark {
  readonly replayId: string;
  /** Instead of where each was meant for. */
  readonly to?: ReplayTarget | undefined;
  /** Where a letter goes that does not say where it was meant for. */
  readonly home?: ReplayTarget | undefined;
}

/**
 * Headers that tell of a death or count deliveries: what a message that begins anew must not have. RabbitMQ up to 3.13
 * would take a loop from an old `x-death`.
 */
const past =
  /^(x-.*death.*|x-delivery-count|x-acquired-count|DeadLetter.*|streamll_(failure|failure_message|exchange|routing_key|queue|attempts|failed_at|expiration|replayed|replay_id|replayed_at))$/;
/** What the broker counts, or says of the delivery: it differs each time. */
export const deliveryCounts = /^x-(delivery-count|acquired-count|opt-locked-until)$/;

/** The dead letter as it is sent again; `undefined` where it does not say where it was meant for, and `to` does not. */
export function replayed(message: Delivery, { replayId, to, home }: ReplayMark): OutboundMessage | undefined {
  const failure = failureOf(message);
  const target = to ?? (failure.exchange === undefined ? home : undefined);
  const exchange = target?.exchange ?? failure.exchange;
  const routingKey = target?.routingKey ?? failure.routingKey ?? (target && (message.routingKey ?? ""));
  if (exchange === undefined || routingKey === undefined) return undefined;
  return copyOf(message, past, exchange, routingKey, {
    streamll_replayed: failure.replayed + 1,
    streamll_replay_id: replayId,
    streamll_replayed_at: new Date().toISOString(),
  });
}

/** A letter that has no more than so many looks left is put at the end of its queue. */
const LOOKS_LEFT = 5;

/**
 * Whether the broker soon drops it: RabbitMQ 4.0 to 4.2 count each return of a message to a quorum queue, and drop it
 * above the limit, which is 20 unless the queue says otherwise. One above it is in a queue without a limit.
 *
 * @param deliveryLimit 0: none.
 */
export const isWorn = ({ earlier = 0 }: Delivery, deliveryLimit: number): boolean =>
  deliveryLimit > 0 && earlier >= deliveryLimit - LOOKS_LEFT && earlier <= deliveryLimit;

/** The message at the end of a queue, as it is: no delivery of it is counted there. */
export const moved = (message: Delivery, queue: string): OutboundMessage =>
  copyOf(message, deliveryCounts, "", queue, {});

function copyOf(
  message: InboundMessage,
  without: RegExp,
  exchange: string,
  routingKey: string,
  headers: Readonly<Record<string, string | number>>,
): OutboundMessage {
  const names = Object.keys(message.headers).filter((name) => without.test(name));
  return relayedCopy(message, { exchange, routingKey, headers, without: new Set(names) });
}
