import type { OutboundBatch, PublishOutcome, Settle } from "@streamll/core";
import { ConfirmWindow, type Flight } from "@streamll/transport-kit";
import type { Reader } from "./protocol/reader.js";

const confirmed: PublishOutcome = { kind: "confirmed" };

/** The publishing ids of a batch, which rise. */
type Ids = readonly number[];

/**
 * Maps publishing ids back to the batches that were written under one publisher. Ids rise, from batch to batch
 * too. The broker confirms each of them, in any order: duplicates come in a frame of their own.
 */
export class Confirms {
  readonly #window = new ConfirmWindow<Ids>();

  /** Messages without an answer. */
  get unconfirmed(): number {
    return this.#window.unconfirmed;
  }

  /** Resolves once everything is answered. */
  answered(): Promise<void> {
    return this.#window.answered();
  }

  /** Counts a batch as written, but for the indices in `skipped`, which no answer will come for. */
  add(batch: OutboundBatch, settle: Settle, skipped?: ReadonlyMap<number, unknown>): void {
    const ids = batch.map(({ sequence }) => sequence);
    const [first] = ids;
    const last = ids.at(-1);
    if (first === undefined || last === undefined) return;
    const flight = this.#window.add({ first, last, count: ids.length, settle, kept: ids });
    for (const at of skipped?.keys() ?? []) flight.skip(at);
    this.#window.forget();
  }

  /** Reads `count` ids and settles them, those in a row as one range. */
  confirm(ids: Reader, count: number): void {
    let flight: Flight<Ids> | undefined;
    let from = 0;
    let to = 0;
    for (let i = 0; i < count; i++) {
      const id = ids.u64();
      if (flight?.kept?.[to] !== id) {
        flight?.settle(from, to, confirmed);
        flight = this.#window.flightOf(id);
        from = indexOf(flight?.kept ?? [], id);
        if (from < 0) flight = undefined;
        to = from;
      }
      if (flight !== undefined) to++;
    }
    flight?.settle(from, to, confirmed);
    this.#window.forget();
  }
}

/** -1 where it is not there. Ids mostly follow each other without a gap. */
function indexOf(ids: Ids, id: number): number {
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
