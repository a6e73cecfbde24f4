import type { LaneContext, OutboundMessage, TransportError } from "@streamll/core";

/** One that a broker has not answered yet. */
export interface OpenMessage {
  readonly message: OutboundMessage;
  refuse(error: TransportError): void;
}

/** The sequences of messages that the broker may have meant when it ended a lane's last connection. */
export type Suspects = Set<number>;

/** Keeps the suspects of each lane, for as long as the transport lives: they outlive a connection. */
export function suspectsByLane(): (lane: LaneContext) => Suspects {
  const all = new Map<number, Suspects>();
  return ({ index }) => {
    const suspects = all.get(index) ?? new Set();
    all.set(index, suspects);
    return suspects;
  };
}

/**
 * For a broker that ends the channel, or the session, over one of these. What it read before the guilty one may be
 * stored, its confirm lost with the channel; the guilty one is not, nor is anything after it. So the last is certainly
 * not stored. The others are left without an outcome, to be sent again: those that are accused then too were refused
 * before any of them was stored on that connection.
 */
export function refuseAccused(
  accused: readonly OpenMessage[],
  suspects: Suspects,
  refusal: TransportError,
): void {
  const before = new Set(suspects);
  suspects.clear();
  for (const { message, refuse } of accused.slice(0, -1)) {
    if (before.has(message.sequence)) refuse(refusal);
    else suspects.add(message.sequence);
  }
  accused.at(-1)?.refuse(refusal);
}
