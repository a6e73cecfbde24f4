import type { Clock } from "../delivery/clock.js";
import type { Endpoint } from "../endpoint.js";
import type { Logger } from "../logger.js";
import type { DedupStore } from "./dedup.js";
import type { LogOptions } from "./log-offsets.js";
import type { ConsumingOptions } from "./options.js";
import type { ParkingRequest } from "./parking.js";
import type { Consuming, Delivery, SettlementOutcome } from "./seam.js";
import type { Handle } from "./try.js";

export interface ConsumingSetup {
  readonly consuming: Consuming;
  readonly endpoints: readonly Endpoint[];
  readonly options: ConsumingOptions;
  readonly logger: Logger;
  readonly handle: Handle;
  /** Absent: what was done is not remembered. */
  readonly dedup?: DedupStore | undefined;
  /** Absent: the broker's own dead letters. */
  readonly parking?: ParkingRequest | undefined;
  /** Told what became of the verdict on a delivery that was handled, unless its connection was lost before it had one. */
  settled?(delivery: Delivery, outcome: SettlementOutcome): void;
  /** Present where the transport reads a log. */
  readonly log?: LogOptions | undefined;
  readonly clock?: Clock;
  /** 0 to 1, as `Math.random`. */
  readonly random?: () => number;
}
