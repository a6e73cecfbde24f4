import type { EventLog } from "../../buffer/event-log.js";
import type { StreamllError, TransportError } from "../../errors.js";
import type { Clock } from "../clock.js";
import type { DeliveryOptions } from "../options.js";
import type { SpoolIds } from "./sequences.js";

/** A lane without a connection: since when, and what it ended or failed with. */
export interface Outage {
  readonly since: number;
  readonly error?: StreamllError | undefined;
  /** Whether the lane had a connection, or has tried each address. */
  readonly tried?: true;
}

/** What was handed to a connection. */
export interface BatchSizes {
  /** Messages of several events; of others all together are one batch. */
  readonly batches: number;
  /** Of all bodies. */
  readonly bytes: number;
  /** How many compression has spared. */
  readonly savedBytes: number;
}

/** Handles the outcomes of a lane's events. */
export interface LaneOutcomes {
  departed(events: number): void;
  handedOver(sizes: BatchSizes): void;
  /** Events in flight returned without an outcome. */
  cameBack(events: number): void;
  sent(slots: readonly number[], as: "confirmed" | "written", latencyMs: number): void;
  /** The broker refused the event, or left it unanswered, and the lane retries it. */
  retried(error: TransportError): void;
  /** The broker refused the event, or left it unanswered, and it fails, or goes to the dead-letter exchange. */
  refused(slot: number, error: TransportError): void;
  /** The event ends every connection that carries it. */
  isolated(slot: number, error: TransportError): void;
  /** Returns `true` if the event was too old, and is settled now. */
  expired(slot: number): boolean;
}

export interface LaneSetup {
  readonly log: EventLog;
  readonly options: DeliveryOptions;
  readonly clock: Clock;
  readonly random: () => number;
  /** Whether a flush runs. */
  urgent(): boolean;
  /** How many events this lane may have in flight. */
  readonly share: number;
  /** Whether the broker deduplicates by sequence, so that unknown events must be sent again in their old place. */
  readonly deduplication: boolean;
  readonly outcomes: LaneOutcomes;
  /** Present where events have ids that rise across programs. */
  readonly spooling?: SpoolIds | undefined;
  blocked(reason: string | undefined): void;
  /** The connection is to be abandoned. */
  abandon(error: TransportError): void;
}
