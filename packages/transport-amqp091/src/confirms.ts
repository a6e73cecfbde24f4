import type { OutboundBatch, OutboundMessage, PublishOutcome, Settle, TransportError } from "@streamll/core";
import { ConfirmWindow, type Flight, type OpenMessage, rangesBetween } from "@streamll/transport-kit";
import type { Names } from "./failure.js";

const confirmed: PublishOutcome = { kind: "confirmed" };

/** Of neighbours of one batch with consecutive delivery tags. */
interface Written {
  readonly batch: OutboundBatch;
  /** Index of the first one in its batch. */
  readonly from: number;
  /** Messages that came back and wait for their confirm, by their place among the neighbours. */
  returned: Map<number, TransportError> | undefined;
}

/** What a broker sends with a message that it could not route. */
export interface ReturnedMessage {
  readonly messageId: unknown;
  readonly exchange: string;
  readonly routingKey: string;
}

/**
 * Maps the delivery tags of one channel back to the batches that were written on it. RabbitMQ counts from 1
 * each message published since `confirm.select`, and answers singly or for all up to a tag.
 */
export class Confirms {
  readonly #exchange: string;
  readonly #window = new ConfirmWindow<Written>();
  #nextTag = 1;
  #returnsFrom = 1;

  /** @param exchange the one of messages that name none. */
  constructor(exchange: string) {
    this.#exchange = exchange;
  }

  /** Messages without an answer. */
  get unconfirmed(): number {
    return this.#window.unconfirmed;
  }

  /** Resolves once everything is answered. */
  answered(): Promise<void> {
    return this.#window.answered();
  }

  /** Counts a batch as written, but for the indices in `skipped`, which took no delivery tag. */
  add(batch: OutboundBatch, settle: Settle, skipped?: ReadonlyMap<number, unknown>): void {
    for (const [from, to] of rangesBetween(batch, skipped)) {
      const count = to - from;
      const first = this.#nextTag;
      this.#nextTag += count;
      const written = { batch, from, returned: undefined };
      this.#window.add({ first, last: first + count - 1, count, offset: from, settle, kept: written });
    }
  }

  /** The broker has it. */
  ack(tag: number, multiple: boolean): void {
    this.#answer(tag, multiple, confirmed);
  }

  /** The broker does not have it. */
  nack(tag: number, multiple: boolean, error: TransportError): void {
    this.#answer(tag, multiple, { kind: "refused", error });
  }

  /**
   * Remembers that a message came back; its confirm, which follows, then settles it as refused. A return has no
   * delivery tag, and an id may be in flight twice: returns come in the order of sending, so the first that
   * fits after the last return is meant. `false` where none fits.
   */
  returned(message: ReturnedMessage, error: TransportError): boolean {
    return this.#markReturned(message, error, this.#returnsFrom) || this.#markReturned(message, error, 1);
  }

  /** The messages without an answer that fit, in the order of sending. */
  open(fits: Names): OpenMessage[] {
    const open: OpenMessage[] = [];
    for (const [flight, at, message] of this.#unanswered(1)) {
      if (!fits(message.exchange ?? this.#exchange, message.routingKey)) continue;
      open.push({
        message: message.detach(),
        refuse: (error) => flight.settle(at, at + 1, { kind: "refused", error }),
      });
    }
    return open;
  }

  #answer(tag: number, multiple: boolean, outcome: PublishOutcome): void {
    if (tag >= this.#nextTag) return;
    if (!multiple) {
      const flight = this.#window.flightOf(tag);
      const at = flight === undefined ? -1 : tag - flight.first;
      if (flight !== undefined && at >= 0) settle(flight, at, at + 1, outcome);
    } else {
      // Tag 0 with "multiple" stands for all so far (0-9-1 reference, basic.ack).
      const last = tag === 0 ? this.#nextTag - 1 : tag;
      for (const flight of this.#window.flights()) {
        if (flight.first > last) break;
        settle(flight, flight.head, Math.min(flight.count, last - flight.first + 1), outcome);
      }
    }
    this.#window.forget();
  }

  #markReturned(message: ReturnedMessage, error: TransportError, fromTag: number): boolean {
    for (const [flight, at, sent] of this.#unanswered(fromTag)) {
      const kept = flight.kept!;
      if (kept.returned?.has(at) || !this.#fits(sent, message)) continue;
      kept.returned ??= new Map();
      kept.returned.set(at, error);
      this.#returnsFrom = flight.first + at + 1;
      return true;
    }
    return false;
  }

  /** Without an answer, from this tag on, in the order of sending. */
  *#unanswered(fromTag: number): Generator<[flight: Flight<Written>, at: number, message: OutboundMessage]> {
    for (const flight of this.#window.flights(fromTag)) {
      const { kept } = flight;
      if (kept === undefined) continue;
      for (let at = Math.max(flight.head, fromTag - flight.first); at < flight.count; at++) {
        const message = flight.isAnswered(at) ? undefined : kept.batch.at(kept.from + at);
        if (message !== undefined) yield [flight, at, message];
      }
    }
  }

  #fits(sent: OutboundMessage, { messageId, exchange, routingKey }: ReturnedMessage): boolean {
    return (
      sent.messageId === (messageId ?? "") &&
      sent.routingKey === routingKey &&
      (sent.exchange ?? this.#exchange) === exchange
    );
  }
}

/** Settles a range: messages that came back have an outcome of their own. */
function settle(flight: Flight<Written>, from: number, to: number, outcome: PublishOutcome): void {
  const returned = flight.kept?.returned;
  if (returned === undefined) return flight.settle(from, to, outcome);
  for (let at = from; at < to; at++) {
    const error = returned.get(at);
    flight.settle(at, at + 1, error ? { kind: "refused", error } : outcome);
  }
}
