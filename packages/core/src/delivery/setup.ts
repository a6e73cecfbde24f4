import type { Logger } from "../logger.js";
import type { Endpoint, Transport } from "../transport.js";
import type { Clock } from "./clock.js";
import type { DeadLetterRoute } from "./dead-letter.js";
import type { EngineFailure } from "./engine-events.js";
import type { DeliveryOptions } from "./options.js";
import type { SpoolSetup } from "./spool/setup.js";

export interface DeliverySetup {
  readonly transport: Transport;
  readonly endpoints: readonly Endpoint[];
  readonly options: DeliveryOptions;
  readonly logger: Logger;
  /** Absent: events that the broker refused for good are not dead-lettered. */
  readonly deadLetter?: DeadLetterRoute;
  /** Called with each event that failed for good or was dropped. What it throws is caught. */
  readonly onFailure?: (failure: EngineFailure) => void;
  /** Absent: events are kept in memory alone. */
  readonly spool?: SpoolSetup;
  readonly clock?: Clock;
  /** Returns a number from 0 to 1, as `Math.random` does. */
  readonly random?: () => number;
}

export interface PublishOptions {
  /** Drops the event if it is still buffered when the signal aborts; once it is in flight, only the waiting ends. */
  readonly signal?: AbortSignal;
}
