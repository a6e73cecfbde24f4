import { executionOf } from "./messages.js";

/** What became of the events of programs with a spool. */
export interface SpoolAccount {
  readonly accepted: number;
  readonly arrived: number;
  /** Accepted before a turn ended, and not arrived. */
  readonly lost: number;
  /** The first of these. */
  readonly lostFirst: readonly number[];
  /** More copies than one. */
  readonly twice: number;
  /** Events of which a copy lies behind an event that was accepted after the answer to them: the answer was forgotten. */
  readonly sentAgain: number;
  /** Events whose first copy lies behind a later event of their execution. */
  readonly outOfOrder: number;
}

/**
 * @param ledger what the programs wrote: `accepted N` and `answered N`, a line each; the last one may be cut.
 * @param arrived the numbers of the events in the order in which they were stored.
 */
export function judgeSpool(ledger: string, arrived: readonly number[]): SpoolAccount {
  const first = new Map<number, number>();
  const last = new Map<number, number>();
  const reached = new Map<string, number>();
  let outOfOrder = 0;
  for (const [place, index] of arrived.entries()) {
    last.set(index, place);
    if (first.has(index)) continue;
    first.set(index, place);
    const execution = executionOf(index);
    const before = reached.get(execution) ?? -1;
    if (index < before) outOfOrder++;
    reached.set(execution, Math.max(index, before));
  }
  const lines = ledger.split("\n").slice(0, -1);
  const missing: number[] = [];
  let accepted = 0;
  let sentAgain = 0;
  /** Where the first event lies that was accepted after the line. */
  let next = Number.POSITIVE_INFINITY;
  for (const line of lines.toReversed()) {
    const [what, number] = line.split(" ");
    const index = Number(number);
    const place = first.get(index);
    if (place === undefined) missing.push(index);
    else if (what === "answered" && last.get(index)! > next) sentAgain++;
    if (what !== "accepted") continue;
    accepted++;
    next = place ?? next;
  }
  const lost = missing.length;
  const lostFirst = missing.reverse().slice(0, 5);
  return {
    accepted,
    arrived: first.size,
    lost,
    lostFirst,
    twice: arrived.length - first.size,
    sentAgain,
    outOfOrder,
  };
}
