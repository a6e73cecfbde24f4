import type { TransportError } from "../../errors.js";
import { areOneMessage } from "./grouping.js";
import type { InFlight } from "./in-flight.js";
import type { LaneSetup } from "./lane-setup.js";
import { blamesMessage } from "./poison.js";
import type { SendQueue } from "./send-queue.js";
import type { Sequences } from "./sequences.js";

export interface RewindSetup extends Pick<LaneSetup, "log" | "deduplication" | "outcomes"> {
  readonly inFlight: InFlight;
  readonly queue: SendQueue;
  readonly sequences: Sequences;
}

export interface Rewound {
  readonly slots: readonly number[];
  /** They are one message, and may only go again as that. */
  readonly isOneMessage: boolean;
}

/** The connection is gone: puts everything without an outcome back to its place, before anything new. */
export function rewind(setup: RewindSetup, error?: TransportError): Rewound {
  const { log, deduplication, outcomes, inFlight, queue, sequences } = setup;
  const slots = inFlight.rewind();
  outcomes.cameBack(slots.length);
  // A message that the broker refused, alone in flight, is not stored: its events may go again in halves.
  if (blamesMessage(error) && areOneMessage(log, slots, deduplication)) sequences.takeBack(slots);
  queue.putBack(slots);
  return { slots, isOneMessage: areOneMessage(log, slots, deduplication) };
}
