import type { Logger } from "../logger.js";
import type { Endpoint, Transport } from "../transport.js";
import type { Clock } from "./clock.js";
import type { DeadLetterRoute } from "./dead-letter.js";
import type { EngineFailure } from "./engine-events.js";
import type { DeliveryOptions } from "./options.js";

export interface DeliverySetup {
  readonly transport: Transport;
  readonly endpoints: readonly Endpoint[];
  readonly options: DeliveryOptions;
  readonly logger: Logger;
  /** Absent: events that the broker refused for good are put nowhere. */
  readonly deadLetter?: DeadLetterRoute;
  /** Each event that failed for good, also those that were dropped. May throw: it is caught. */
  readonly onFailure?: (failure: EngineFailure) => void;
  readonly clock?: Clock;
  /** 0 to 1, as `Math.random`. */
  readonly random?: () => number;
}

export interface PublishOptions {
  /** Withdraws the event while it is still buffered; once in flight only the waiting ends. */
  readonly signal?: AbortSignal;
}
