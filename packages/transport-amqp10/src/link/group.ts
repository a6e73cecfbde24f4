import type { OutboundBatch, OutboundMessage, PublishOutcome, Settle } from "@streamll/core";

/** Messages of one batch that go to one address. Places count from the group's first message. */
export interface Group {
  readonly batch: OutboundBatch;
  /** Where each is in its batch, in rising order. */
  readonly indices: readonly number[];
  readonly settle: Settle;
}

/** Transfers of one group that left together. */
export interface Sent {
  readonly group: Group;
  /** Of the first of them; the ids of the others follow. */
  readonly firstId: number;
  /** The places of each, in rising order. */
  readonly places: readonly (readonly number[])[];
}

/** `undefined` for one that is settled. */
export const messageAt = ({ batch, indices }: Group, place: number): OutboundMessage | undefined =>
  batch.at(indices[place]!);

/** With their places. One that was settled while the link opened is left out. */
export function* messagesOf(group: Group): Generator<[place: number, message: OutboundMessage]> {
  for (let place = 0; place < group.indices.length; place++) {
    const message = messageAt(group, place);
    if (message !== undefined) yield [place, message];
  }
}

/** Settles the transfers `from` up to but not including `to`: neighbours in one range. */
export function settleTransfers(
  { group, places }: Pick<Sent, "group" | "places">,
  from: number,
  to: number,
  outcome: PublishOutcome,
): void {
  let first = 0;
  let next = 0;
  for (let transfer = from; transfer < to; transfer++) {
    for (const place of places[transfer]!) {
      if (place !== next) {
        settleRange(group, first, next, outcome);
        first = place;
      }
      next = place + 1;
    }
  }
  settleRange(group, first, next, outcome);
}

/** The places `from` up to but not including `to`: neighbours of the batch in one range. */
function settleRange({ indices, settle }: Group, from: number, to: number, outcome: PublishOutcome): void {
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
