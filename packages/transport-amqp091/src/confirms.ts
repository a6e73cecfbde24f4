import type { OutboundBatch, OutboundMessage, PublishOutcome, Settle, TransportError } from "@streamll/core";
import type { OpenMessage } from "@streamll/transport-kit";
import type { Names } from "./failure.js";

/** What lies between the indices that are left out, which rise. */
export function* gaps(
  length: number,
  skipped?: ReadonlyMap<number, unknown>,
): Generator<[from: number, to: number]> {
  let from = 0;
  for (const gap of [...(skipped?.keys() ?? []), length]) {
    if (gap > from) yield [from, gap];
    from = gap + 1;
  }
}

const confirmed: PublishOutcome = { kind: "confirmed" };

/** Neighbours of one batch with consecutive delivery tags. */
interface Run {
  readonly firstTag: number;
  /** Index of the first one in its batch. */
  readonly from: number;
  readonly count: number;
  /** Empty once all of the run is answered: those before it may not be. */
  batch: OutboundBatch;
  readonly settle: Settle;
  /** Settled from the head, and settled in all. */
  head: number;
  settled: number;
  /** Settled ahead of the head; made at the first such answer. */
  ahead?: Uint8Array;
  /** Came back, and waits for its confirm. */
  returned?: Map<number, TransportError>;
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
  #runs: Run[] = [];
  #oldest = 0;
  #nextTag = 1;
  #returnsFrom = 1;

  /** @param exchange the one of messages that name none. */
  constructor(exchange: string) {
    this.#exchange = exchange;
  }

  /** Messages without an answer. */
  get unconfirmed(): number {
    let open = 0;
    for (let i = this.#oldest; i < this.#runs.length; i++)
      open += this.#runs[i]!.count - this.#runs[i]!.settled;
    return open;
  }

  /** Runs of messages that are still held. */
  get retained(): number {
    return this.#runs.length;
  }

  /** Counts a batch as written, but for the indices in `skipped`, which took no delivery tag. */
  add(batch: OutboundBatch, settle: Settle, skipped?: ReadonlyMap<number, unknown>): void {
    for (const [from, to] of gaps(batch.length, skipped)) this.#push(batch, settle, from, to);
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
    for (let i = this.#oldest; i < this.#runs.length; i++) {
      const run = this.#runs[i]!;
      for (let at = run.head; at < run.count; at++) {
        const message = isSettled(run, at) ? undefined : run.batch.at(run.from + at);
        if (!message || !fits(message.exchange ?? this.#exchange, message.routingKey)) continue;
        const refuse = (error: TransportError) => settleOne(run, at, { kind: "refused", error });
        open.push({ message: message.detach(), refuse });
      }
    }
    return open;
  }

  #push(batch: OutboundBatch, settle: Settle, from: number, to: number): void {
    if (from === to) return;
    this.#runs.push({ firstTag: this.#nextTag, from, count: to - from, batch, settle, head: 0, settled: 0 });
    this.#nextTag += to - from;
  }

  #answer(tag: number, multiple: boolean, outcome: PublishOutcome): void {
    if (tag >= this.#nextTag) return;
    if (!multiple) {
      const run = this.#runs[this.#indexOf(tag)];
      if (run) settleOne(run, tag - run.firstTag, outcome);
    } else {
      // Tag 0 with "multiple" stands for all so far (0-9-1 reference, basic.ack).
      const last = tag === 0 ? this.#nextTag - 1 : tag;
      for (let i = this.#oldest; i < this.#runs.length; i++) {
        const run = this.#runs[i]!;
        if (run.firstTag > last) break;
        settleUpTo(run, Math.min(run.count, last - run.firstTag + 1), outcome);
      }
    }
    this.#forget();
  }

  #forget(): void {
    while (
      this.#oldest < this.#runs.length &&
      this.#runs[this.#oldest]!.settled === this.#runs[this.#oldest]!.count
    ) {
      this.#oldest++;
    }
    if (this.#oldest > 64 && this.#oldest * 2 > this.#runs.length) {
      this.#runs = this.#runs.slice(this.#oldest);
      this.#oldest = 0;
    }
  }

  /** Where the run with this tag is, or -1. */
  #indexOf(tag: number): number {
    let low = this.#oldest;
    let high = this.#runs.length - 1;
    while (low <= high) {
      const middle = (low + high) >> 1;
      const { firstTag, count } = this.#runs[middle]!;
      if (tag < firstTag) high = middle - 1;
      else if (tag >= firstTag + count) low = middle + 1;
      else return middle;
    }
    return -1;
  }

  #markReturned(message: ReturnedMessage, error: TransportError, fromTag: number): boolean {
    const start = this.#indexOf(fromTag);
    for (let i = start === -1 ? this.#oldest : start; i < this.#runs.length; i++) {
      const run = this.#runs[i]!;
      for (let at = Math.max(run.head, fromTag - run.firstTag); at < run.count; at++) {
        if (isSettled(run, at) || run.returned?.has(at)) continue;
        if (!this.#fits(run.batch.at(run.from + at), message)) continue;
        run.returned ??= new Map();
        run.returned.set(at, error);
        this.#returnsFrom = run.firstTag + at + 1;
        return true;
      }
    }
    return false;
  }

  #fits(sent: OutboundMessage | undefined, { messageId, exchange, routingKey }: ReturnedMessage): boolean {
    return (
      sent !== undefined &&
      sent.messageId === (messageId ?? "") &&
      sent.routingKey === routingKey &&
      (sent.exchange ?? this.#exchange) === exchange
    );
  }
}

const isSettled = (run: Run, at: number): boolean => at < run.head || run.ahead?.[at] === 1;

function settleOne(run: Run, at: number, outcome: PublishOutcome): void {
  if (isSettled(run, at)) return;
  if (at === run.head) run.head++;
  else {
    run.ahead ??= new Uint8Array(run.count);
    run.ahead[at] = 1;
  }
  answered(run, 1);
  while (run.ahead?.[run.head] === 1) run.head++;
  run.settle(run.from + at, run.from + at + 1, outcomeOf(run, at, outcome));
}

function settleUpTo(run: Run, to: number, outcome: PublishOutcome): void {
  const { head, from } = run;
  if (run.ahead === undefined && run.returned === undefined) {
    if (to <= head) return;
    run.head = to;
    answered(run, to - head);
    run.settle(from + head, from + to, outcome);
    return;
  }
  // Rare: some of them are settled, or have an outcome of their own.
  for (let at = head; at < to; at++) settleOne(run, at, outcome);
}

function answered(run: Run, messages: number): void {
  run.settled += messages;
  if (run.settled === run.count) run.batch = [];
}

function outcomeOf(run: Run, at: number, outcome: PublishOutcome): PublishOutcome {
  const error = run.returned?.get(at);
  return error ? { kind: "refused", error } : outcome;
}
