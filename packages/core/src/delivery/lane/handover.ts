import type { EventLog } from "../../buffer/event-log.js";
import { LogBatch } from "../../buffer/log-batch.js";
import { type Grouping, joinsEvents, type Packing, packer } from "../../buffer/packing.js";
import type { TransportErrorKind } from "../../errors.js";
import type { OutboundBatch, Settle } from "../../transport.js";
import type { Flight } from "./in-flight.js";
import type { BatchSizes } from "./lane-setup.js";
import { laneKinds } from "./poison.js";

/** What a connection is handed. */
export interface Handover extends BatchSizes {
  readonly batch: OutboundBatch;
  /** Takes the transport's outcomes, which are of messages, and gives those of the events in them. */
  readonly settle: Settle;
}

/**
 * So much is compressed in one turn of the event loop, in bytes, which takes half a millisecond. With one batch of 25 kB a
 * turn a program paid twice the CPU, for the turns and for writing each to the socket alone.
 */
const COMPRESSED_A_TURN = 256 * 1024;

/** Makes what a connection is handed. */
export class Handovers {
  /** After so many bytes of bodies the rest of the program has its turn. */
  readonly bytesPerTurn: number;
  readonly #log: EventLog;
  readonly #pack: ReturnType<typeof packer> | undefined;
  readonly #joins: boolean;

  constructor(log: EventLog, packing: Packing | undefined) {
    this.#log = log;
    this.#pack = packing && packer(log, packing);
    this.#joins = joinsEvents(packing);
    this.bytesPerTurn = packing?.compression === undefined ? Number.POSITIVE_INFINITY : COMPRESSED_A_TURN;
  }

  /** @param ends where each message of the flight ends; absent: each event is one. */
  of(flight: Flight, ends: Grouping["ends"] | undefined, settle: Settle): Handover {
    const { slots, id } = flight;
    if (this.#pack === undefined || ends === undefined) {
      let bytes = 0;
      for (const slot of slots) bytes += this.#log.bodyBytes[slot]!;
      return { batch: new LogBatch(this.#log, slots, id), batches: 1, bytes, savedBytes: 0, settle };
    }
    const { messages, ...sizes } = this.#pack({ slots, ends }, id);
    flight.messages = messages;
    const batches = this.#joins ? messages.length : 1;
    const batch = new LogBatch(this.#log, messages, id);
    return { batch, batches, ...sizes, settle: settleEvents(this.#log, slots, ends, settle) };
  }
}

/** Errors of these kinds are of the place that a message is meant for: all events in it are meant for that place. */
const sharedKinds: ReadonlySet<TransportErrorKind> = new Set([...laneKinds, "unroutable"]);

/** Takes outcomes of messages, and gives those of the events in them. */
function settleEvents(
  log: EventLog,
  slots: readonly number[],
  ends: readonly number[],
  settle: Settle,
): Settle {
  const startOf = (message: number): number =>
    message <= 0 ? 0 : (ends[Math.min(message, ends.length) - 1] ?? 0);

  return (from, to, outcome) => {
    if (outcome?.kind !== "refused" || sharedKinds.has(outcome.error?.kind))
      return settle(startOf(from), startOf(to), outcome);
    // Which event of a message is meant is unknown; of messages that share an answer, which message too.
    const messages = outcome.shared ? to - from : 1;
    for (let at = Math.max(0, from); at < Math.min(to, ends.length); at += messages) {
      const first = startOf(at);
      const last = startOf(at + messages);
      const isShared = log.eventsIn(slots.slice(first, last)) > 1;
      settle(first, last, isShared ? { ...outcome, shared: true } : outcome);
    }
  };
}
