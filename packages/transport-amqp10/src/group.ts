import type { OutboundBatch, OutboundMessage, PublishOutcome, Settle } from "@streamll/core";

/** Messages of one batch that go to one address. */
export interface Group {
  readonly batch: OutboundBatch;
  /** Where each is in its batch, in rising order. */
  readonly indices: readonly number[];
  readonly settle: Settle;
}

export const messageAt = ({ batch, indices }: Group, at: number): OutboundMessage | undefined =>
  batch.at(indices[at]!);

/** With their place in the group. One that was settled while the link opened is left out. */
export function* messagesOf(group: Group): Generator<[at: number, message: OutboundMessage]> {
  for (let at = 0; at < group.indices.length; at++) {
    const message = messageAt(group, at);
    if (message !== undefined) yield [at, message];
  }
}

/** @param at places in the group, in rising order: neighbours are settled together. */
export function settleEach(group: Group, at: readonly number[], outcome: PublishOutcome): void {
  for (let i = 0; i < at.length; ) {
    const from = at[i]!;
    let to = from;
    while (at[i] === to) {
      i++;
      to++;
    }
    settleRange(group, from, to, outcome);
  }
}

/** @param from first place in the group; `to` is not included. */
export function settleRange(
  { indices, settle }: Group,
  from: number,
  to: number,
  outcome: PublishOutcome,
): void {
  for (let at = from; at < to; ) {
    const first = indices[at]!;
    let next = first;
    while (at < to && indices[at] === next) {
      at++;
      next++;
    }
    settle(first, next, outcome);
  }
}

const confirmed: PublishOutcome = { kind: "confirmed" };

/** What was accepted and is not yet told: neighbours are told as one range, since an answer is often for many. */
export class AcceptedRun {
  #run: { group: Group; from: number; to: number } | undefined;

  /** @returns whether it is the first since the last `tell`. */
  add(group: Group, at: readonly number[]): boolean {
    const isFirst = this.#run === undefined;
    for (const index of at) {
      if (this.#run?.group === group && this.#run.to === index) this.#run.to++;
      else {
        this.tell();
        this.#run = { group, from: index, to: index + 1 };
      }
    }
    return isFirst;
  }

  tell(): void {
    const run = this.#run;
    this.#run = undefined;
    if (run) settleRange(run.group, run.from, run.to, confirmed);
  }
}
