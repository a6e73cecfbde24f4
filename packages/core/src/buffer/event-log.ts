import type { MessageChanges, OutboundMessage } from "../transport.js";
import { type EncodedEvent, encodedEvent } from "./encoded-event.js";
import type { Kinds } from "./kinds.js";
import {
  BODY,
  fieldLength,
  forgetPrefix,
  lengthOf,
  type RecordPlace,
  RecordWriter,
  setSlot,
  wholeWords,
} from "./record.js";
import { RecordView } from "./record-view.js";
import { recordsOf, type Segment, Segments } from "./segments.js";
import { NO_SLOT, NUMBERED, QUEUED, SETTLED, Slots } from "./slots.js";

/** What a run may have at most. */
export interface RunLimits {
  readonly events: number;
  /** Of all bodies. */
  readonly bytes: number;
}

const LARGEST_SEGMENT = 1024 * 1024;
const SMALLEST_SEGMENT = 2048;

/**
 * The buffer. Each event is a record of bytes in a segment outside of V8's heap, and a slot: one number in each of the
 * {@link Slots}. The garbage collector finds nothing to copy, however long a broker takes to answer.
 */
export class EventLog extends Slots {
  readonly #segments: Segments;
  readonly #writer = new RecordWriter();
  readonly #kinds: Kinds | undefined;
  readonly #reader: RecordView;
  #flights = 0;
  /** The slot that was appended last. */
  #tail = NO_SLOT;
  /** Bytes of the messages that several events were joined in. */
  #messageBytes = 0;

  /**
   * @param maxBytes what is held of records at most, roughly: it decides how large the segments are.
   * @param kinds where events may share a message.
   */
  constructor(maxBytes: number, kinds?: Kinds) {
    super();
    this.#kinds = kinds;
    const size = Math.max(SMALLEST_SEGMENT, Math.min(LARGEST_SEGMENT, Math.floor(maxBytes / 16)));
    this.#segments = new Segments(wholeWords(size));
    this.#reader = new RecordView(this);
  }

  /** Bytes of the records of all events. */
  get bytes(): number {
    return this.#segments.live - this.#messageBytes;
  }

  /** Bytes of memory that the records take. */
  get heldBytes(): number {
    return this.#segments.held;
  }

  /** Room that the record of this event takes at most, in bytes. */
  bound(event: EncodedEvent): number {
    return this.#writer.bound(event);
  }

  /** Writes an event, and returns its slot. */
  append(event: EncodedEvent, order: number, now: number): number {
    const slot = this.take(order, now, event.sequence);
    this.#write(slot, event);
    this.#compact();
    this.#tail = slot;
    return slot;
  }

  /**
   * Writes an event behind those of the slot that was appended last, and returns that slot: a run of events that may be one
   * message is queued, sent and settled as one. What happens to one of them alone happens after {@link apart}.
   *
   * @returns `undefined` where the event needs a slot of its own.
   */
  join(event: EncodedEvent, order: number, execution: number, most: RunLimits): number | undefined {
    const slot = this.#tail;
    if (slot === NO_SLOT || this.flags[slot] !== QUEUED || this.execution[slot] !== execution)
      return undefined;
    if (order !== this.order[slot]! + this.events[slot]!) return undefined;
    const bodyBytes = this.bodyBytes[slot]! + 1 + event.bytes;
    if (this.events[slot]! >= most.events || bodyBytes >= most.bytes) return undefined;
    if (event.sequence > 0 || !this.#kinds?.isLast(event, this.kind[slot]!)) return undefined;
    const end = this.offset[slot]! + this.recordBytes[slot]!;
    const segment = this.#segments.behind(this.segment[slot]!, end, this.#writer.bound(event));
    if (segment === undefined) return undefined;
    const length = this.#writer.write({ source: segment.source, record: end }, slot, event);
    this.#segments.written(segment, length);
    this.recordBytes[slot]! += length;
    this.bodyBytes[slot] = bodyBytes;
    this.events[slot]!++;
    return slot;
  }

  /** Leaves the first `events` of a run in its slot, and returns the slot of the others, which no queue lists. */
  split(slot: number, events: number): number {
    const rest = this.freeSlot();
    this.copy(slot, rest);
    this.unmark(rest, QUEUED);
    const { words } = this.#segments.at(this.segment[slot]!);
    let record = this.offset[slot]!;
    let bodies = 0;
    for (let event = 0; event < events; event++) {
      bodies += fieldLength({ words, record }, BODY) + 1;
      record += lengthOf({ words, record });
    }
    setSlot({ words, record }, rest);
    this.events[slot] = events;
    this.bodyBytes[slot] = bodies - 1;
    this.recordBytes[slot] = record - this.offset[slot]!;
    this.order[rest]! += events;
    this.events[rest]! -= events;
    this.bodyBytes[rest]! -= bodies;
    this.recordBytes[rest]! -= this.recordBytes[slot]!;
    this.offset[rest] = record;
    return rest;
  }

  /** Gives each event of these slots one of its own. */
  apart(slots: readonly number[]): number[] {
    const all: number[] = [];
    for (const slot of slots) {
      all.push(slot);
      for (let rest = slot; this.events[rest]! > 1; all.push(rest)) rest = this.split(rest, 1);
    }
    return all;
  }

  /** Writes a message that a flight has in the place of its events, and returns its slot. */
  appendMessage(message: EncodedEvent, writer: RecordWriter, flight: number): number {
    const slot = this.take(0, 0, message.sequence);
    this.events[slot] = 0;
    this.flight[slot] = flight;
    this.#record(slot, message, writer);
    this.#messageBytes += this.recordBytes[slot]!;
    return slot;
  }

  /** The flight is over. */
  freeMessages(slots: readonly number[]): void {
    for (const slot of slots) {
      this.flight[slot] = 0;
      this.#messageBytes -= this.recordBytes[slot]!;
      this.settle(slot);
    }
  }

  /** Copies an event from its record elsewhere, and returns its slot. */
  appendRecord(place: RecordPlace, order: number, acceptedAt: number, sequence: number): number {
    const slot = this.take(order, acceptedAt, sequence);
    const length = lengthOf(place);
    const segment = this.#segments.withRoom(length);
    place.source.copy(segment.source, segment.end, place.record, place.record + length);
    const copied = { words: segment.words, record: segment.end };
    setSlot(copied, slot);
    forgetPrefix(copied);
    if (this.#kinds !== undefined) this.kind[slot] = this.#kinds.ofRecord(place);
    this.bodyBytes[slot] = fieldLength(place, BODY);
    this.#place(slot, segment, length);
    this.#compact();
    return slot;
  }

  /** The unsettled events that a file of the spool holds. */
  heldBy(spoolFile: number): number[] {
    const slots: number[] = [];
    for (let slot = 0; slot < this.slots; slot++) {
      const isEvent = this.events[slot]! > 0 && !this.has(slot, SETTLED);
      if (isEvent && this.spoolFile[slot] === spoolFile) slots.push(slot);
    }
    return slots;
  }

  /** Returns a new flight number, unique over all lanes. */
  nextFlight(): number {
    return ++this.#flights;
  }

  /** Sends the event as a new message, as later ones have passed its old place. */
  renumber(slot: number): void {
    if (!this.has(slot, NUMBERED)) this.sequence[slot] = 0;
  }

  /** Changes the content of an event. */
  rewrite(slot: number, changes: MessageChanges): void {
    const changed = encodedEvent(this.detach(slot, changes));
    this.#release(slot);
    this.#write(slot, changed);
  }

  /** The event as a message, valid until the next call. */
  view(slot: number): OutboundMessage {
    return this.#reader.show(slot);
  }

  /** The event as a message that stays valid. */
  detach(slot: number, changes?: MessageChanges): OutboundMessage {
    return this.view(slot).detach(changes);
  }

  /** Marks the event as settled: frees its bytes, and its slot once no queue lists it. */
  settle(slot: number): void {
    this.#release(slot);
    this.flags[slot]! |= SETTLED;
    if (!this.has(slot, QUEUED)) this.giveBack(slot);
  }

  /** The queue no longer lists the event. */
  unlist(slot: number): void {
    this.unmark(slot, QUEUED);
    if (this.has(slot, SETTLED)) this.giveBack(slot);
  }

  /** Lets go of free memory that was not needed since the last call. */
  trim(): void {
    this.#segments.trim();
  }

  /** The unsettled events in the order of acceptance. */
  inOrder(slots: readonly number[]): number[] {
    return slots.toSorted((a, b) => this.order[a]! - this.order[b]!);
  }

  /** The unsettled event that was accepted first. */
  oldestOf(...slots: readonly (number | undefined)[]): number | undefined {
    return this.inOrder(slots.filter((slot) => slot !== undefined))[0];
  }

  /** Where the record of a slot lies. */
  locate(slot: number, place: RecordPlace): void {
    const { source, words } = this.#segments.at(this.segment[slot]!);
    place.source = source;
    place.words = words;
    place.record = this.offset[slot]!;
  }

  #write(slot: number, event: EncodedEvent): void {
    const place = this.#record(slot, event, this.#writer);
    if (this.#kinds !== undefined) this.kind[slot] = this.#kinds.ofEvent(event, place);
    this.bodyBytes[slot] = event.bytes;
  }

  #record(slot: number, event: EncodedEvent, writer: RecordWriter): RecordPlace {
    const segment = this.#segments.withRoom(writer.bound(event));
    const { source, words, end: record } = segment;
    const place = { source, words, record };
    this.#place(slot, segment, writer.write(place, slot, event));
    return place;
  }

  #place(slot: number, segment: Segment, length: number): void {
    this.segment[slot] = segment.id;
    this.offset[slot] = segment.end;
    this.recordBytes[slot] = length;
    this.#segments.written(segment, length);
  }

  #release(slot: number): void {
    this.#segments.release(this.#segments.at(this.segment[slot]!), this.recordBytes[slot]!);
    this.recordBytes[slot] = 0;
  }

  /** One old event must not hold a segment for ever: the survivors of a sparse one move to the end. */
  #compact(): void {
    const sparse = this.#segments.sparse();
    if (sparse === undefined) return;
    const { source } = sparse;
    for (const { slot, at } of recordsOf(sparse)) {
      const length = this.recordBytes[slot]!;
      if (length === 0 || this.segment[slot] !== sparse.id || this.offset[slot] !== at) continue;
      const target = this.#segments.withRoom(length);
      source.copy(target.source, target.end, at, at + length);
      this.#place(slot, target, length);
      this.#segments.release(sparse, length);
      // Its segment may be in use again.
      if (sparse.live === 0) return;
    }
  }
}
