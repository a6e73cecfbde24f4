import type { OutboundBatch, PublishOutcome, Settle } from "@streamll/core";
import type { Reader } from "./protocol/reader.js";

const confirmed: PublishOutcome = { kind: "confirmed" };

/** A batch that was written, until all of it is answered for. */
interface Flight {
  /** Its publishing ids; empty once all of it is answered: those before it may not be. */
  ids: readonly number[];
  readonly settle: Settle;
  readonly last: number;
  /** Without an answer. */
  open: number;
  /** All before it are answered. */
  head: number;
  /** Answered beyond the head; made at the first such answer. */
  ahead?: Uint8Array;
}

/**
 * Maps publishing ids back to the batches that were written under one publisher. Ids rise, from batch to batch
 * too. The broker confirms each of them, in any order: duplicates come in a frame of their own.
 */
export class Confirms {
  #flights: Flight[] = [];
  #oldest = 0;

  /** Messages without an answer. */
  get unconfirmed(): number {
    let open = 0;
    for (let i = this.#oldest; i < this.#flights.length; i++) open += this.#flights[i]!.open;
    return open;
  }

  /** Batches that are still held. */
  get retained(): number {
    return this.#flights.length;
  }

  /** Counts a batch as written, but for the indices in `skipped`, which no answer will come for. */
  add(batch: OutboundBatch, settle: Settle, skipped?: ReadonlyMap<number, unknown>): void {
    const ids = batch.map(({ sequence }) => sequence);
    const last = ids.at(-1);
    if (last === undefined) return;
    const flight: Flight = { ids, settle, last, open: ids.length, head: 0 };
    for (const at of skipped?.keys() ?? []) mark(flight, at);
    if (flight.open > 0) this.#flights.push(flight);
  }

  /** Reads `count` ids and settles them, those in a row as one range. */
  confirm(ids: Reader, count: number): void {
    let flight: Flight | undefined;
    let from = 0;
    let to = 0;
    for (let i = 0; i < count; i++) {
      const id = ids.u64();
      if (flight?.ids[to] !== id) {
        if (flight !== undefined) settleRange(flight, from, to);
        flight = this.#flightOf(id);
        from = flight === undefined ? 0 : indexOf(flight.ids, id);
        if (from < 0) flight = undefined;
        to = from;
      }
      if (flight !== undefined) to++;
    }
    if (flight !== undefined) settleRange(flight, from, to);
    this.#forget();
  }

  /** The first one whose last id is not below. */
  #flightOf(id: number): Flight | undefined {
    let low = this.#oldest;
    let high = this.#flights.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#flights[middle]!.last < id) low = middle + 1;
      else high = middle;
    }
    return this.#flights[low];
  }

  #forget(): void {
    while (this.#flights[this.#oldest]?.open === 0) this.#oldest++;
    if (this.#oldest > 64 && this.#oldest * 2 > this.#flights.length) {
      this.#flights = this.#flights.slice(this.#oldest);
      this.#oldest = 0;
    }
  }
}

/** -1 where it is not there. Ids mostly follow each other without a gap. */
function indexOf(ids: readonly number[], id: number): number {
  if (ids.length === 0) return -1;
  const guess = id - ids[0]!;
  if (ids[guess] === id) return guess;
  let low = 0;
  let high = ids.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (ids[middle]! < id) low = middle + 1;
    else high = middle;
  }
  return ids[low] === id ? low : -1;
}

/** `false` where it was answered before. */
function mark(flight: Flight, at: number): boolean {
  if (at < flight.head || flight.ahead?.[at] === 1) return false;
  answered(flight, 1);
  if (at === flight.head) {
    flight.head++;
    while (flight.ahead?.[flight.head] === 1) flight.head++;
  } else {
    flight.ahead ??= new Uint8Array(flight.ids.length);
    flight.ahead[at] = 1;
  }
  return true;
}

function answered(flight: Flight, messages: number): void {
  flight.open -= messages;
  if (flight.open === 0) flight.ids = [];
}

function settleRange(flight: Flight, from: number, to: number): void {
  if (from === flight.head && flight.ahead === undefined) {
    flight.head = to;
    answered(flight, to - from);
    flight.settle(from, to, confirmed);
    return;
  }
  // Rare: out of order, or some of them were answered before.
  for (let at = from; at < to; at++) if (mark(flight, at)) flight.settle(at, at + 1, confirmed);
}
