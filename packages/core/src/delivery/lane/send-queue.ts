import type { EventLog } from "../../buffer/event-log.js";
import { Fifo } from "../../buffer/fifo.js";
import { QUEUED, SETTLED } from "../../buffer/slots.js";

export interface SendQueueSetup {
  readonly log: EventLog;
  /** Whether the broker deduplicates by sequence. */
  readonly deduplication: boolean;
  /** Returns `true` if the event was too old, and is settled now. */
  expired(slot: number): boolean;
}

/** The events of a lane that are not in flight. The queue is sorted: an event that returns gets its old place. */
export class SendQueue {
  readonly #setup: SendQueueSetup;
  readonly #log: EventLog;
  readonly #slots = new Fifo<number>();
  /** The bytes of the bodies of its events. */
  bytes = 0;
  /** How many events it has, settled ones included. */
  events = 0;
  /** How many of them at the head need not wait for their batch to fill. */
  due = 0;
  /** About how many of its events are settled. */
  #abandoned = 0;

  constructor(setup: SendQueueSetup) {
    this.#setup = setup;
    this.#log = setup.log;
  }

  peek(): number | undefined {
    return this.#slots.peek();
  }

  /** The events at the head, as far as all of them match. */
  headOf(matches: (slot: number) => boolean): number[] {
    return this.#slots.headOf(matches);
  }

  /** @param bytes of the body of the event, which has joined those of its slot where the queue lists that already. */
  push(slot: number, bytes = 0): void {
    if (this.#log.has(slot, QUEUED)) {
      this.events++;
      this.bytes += bytes + 1;
    } else {
      this.#slots.push(slot);
      this.#enlist(slot);
    }
  }

  /** Releases all its events from waiting for their batch to fill. */
  hurry(): void {
    this.due = this.events;
  }

  /** Removes the event at the head, settled or not. */
  take(): number | undefined {
    const slot = this.#shift();
    if (slot !== undefined) this.#log.unlist(slot);
    return slot;
  }

  /** Puts all but the first `events` of a run that was taken back at their place. */
  putRestBack(slot: number, events: number): void {
    if (this.#log.events[slot]! > events) this.putBack([this.#log.split(slot, events)]);
  }

  /** Removes the first event that matches and is not settled, at any position. */
  takeFirst(matches: (slot: number) => boolean): number | undefined {
    const slot = this.#slots.take((one) => !this.#log.has(one, SETTLED) && matches(one));
    if (slot === undefined) return undefined;
    this.#delist(slot);
    this.#log.unlist(slot);
    return slot;
  }

  /** Removes settled and expired events from the head. */
  purge(): void {
    for (
      let slot = this.#slots.peek();
      slot !== undefined && (this.#log.has(slot, SETTLED) || this.#setup.expired(slot));
      slot = this.#slots.peek()
    ) {
      this.take();
    }
  }

  /** Inserts events at their places; none of them waits for its batch to fill. */
  putBack(slots: readonly number[]): void {
    const last = slots.toSorted(this.compare).at(-1);
    if (last === undefined) return;
    const earlier: number[] = [];
    for (
      let head = this.#slots.peek();
      head !== undefined && (this.#log.has(head, SETTLED) || this.compare(head, last) < 0);
      head = this.#slots.peek()
    ) {
      this.#shift();
      if (this.#log.has(head, SETTLED)) this.#log.unlist(head);
      else earlier.push(head);
    }
    const sorted = [...earlier, ...slots].sort(this.compare);
    this.#slots.unshift(sorted);
    this.due += this.#log.eventsIn(sorted);
    for (const slot of sorted) this.#enlist(slot);
  }

  /** An event was settled in the queue, perhaps in the middle. */
  abandoned(): void {
    if (++this.#abandoned * 2 <= this.#slots.length) return;
    this.#abandoned = 0;
    const left = this.clear();
    this.#slots.unshift(left);
    for (const slot of left) this.#enlist(slot);
  }

  /** Removes all unsettled events. */
  clear(): number[] {
    const slots = this.#slots.clear();
    const unsettled = slots.filter((slot) => !this.#log.has(slot, SETTLED));
    for (const slot of slots) this.#log.unlist(slot);
    this.bytes = 0;
    this.events = 0;
    this.due = Math.min(this.due, this.#log.eventsIn(unsettled));
    return unsettled;
  }

  /**
   * Events are sent, and sent again, in the order in which they were accepted. If the broker deduplicates, events with a
   * sequence go in the order of sequences, before those without: otherwise the broker would drop them as duplicates.
   */
  readonly compare = (a: number, b: number): number =>
    (this.#setup.deduplication && this.#sequenceOf(a) - this.#sequenceOf(b)) ||
    this.#log.order[a]! - this.#log.order[b]!;

  /** Events without a sequence come after all that have one. */
  #sequenceOf(slot: number): number {
    return this.#log.sequence[slot]! || Number.MAX_SAFE_INTEGER;
  }

  #enlist(slot: number): void {
    this.#log.mark(slot, QUEUED);
    this.events += this.#log.events[slot]!;
    this.bytes += this.#log.bodyBytes[slot]!;
  }

  #delist(slot: number): void {
    this.events -= this.#log.events[slot]!;
    this.bytes -= this.#log.bodyBytes[slot]!;
  }

  #shift(): number | undefined {
    const slot = this.#slots.shift();
    if (slot === undefined) return undefined;
    this.#delist(slot);
    this.due = Math.max(0, this.due - this.#log.events[slot]!);
    return slot;
  }
}
