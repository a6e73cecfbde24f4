import type { OutboundBatch, TransportError } from "@streamll/core";

/** Messages of a batch that cannot be sent, by their index, in rising order. */
export type Unsendable = ReadonlyMap<number, TransportError>;

/** The ranges of a batch between the indices that are left out, which rise. */
export function* rangesBetween(
  { length }: Pick<OutboundBatch, "length">,
  leftOut?: ReadonlyMap<number, unknown>,
): Generator<[from: number, to: number]> {
  let from = 0;
  for (const gap of [...(leftOut?.keys() ?? []), length]) {
    if (gap > from) yield [from, gap];
    from = gap + 1;
  }
}
