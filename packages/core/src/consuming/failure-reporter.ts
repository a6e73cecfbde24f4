import type { EventDispatcher } from "../telemetry/event-dispatcher.js";
import type { LogThrottle } from "../telemetry/log-throttle.js";
import type { ConsumingCounts } from "./counts.js";
import type { Failure } from "./decide.js";
import type { DedupUnready } from "./dedup.js";
import { codeOf, howFailed } from "./failure-words.js";
import type { ConsumingEvents } from "./report.js";
import type { Delivery, Verdict } from "./seam.js";

export interface FailureReporterSetup {
  /** Named in the log. */
  readonly source: string;
  readonly counts: ConsumingCounts;
  readonly throttle: LogThrottle;
  readonly events: EventDispatcher<ConsumingEvents>;
}

/** Counts, logs and emits each failed try, and each delivery that was given up. */
export class FailureReporter {
  readonly #setup: FailureReporterSetup;

  constructor(setup: FailureReporterSetup) {
    this.#setup = setup;
  }

  failed(delivery: Delivery, failure: Failure, error: unknown, attempt: number): void {
    if (failure.kind === "interrupted") return;
    const { counts, throttle, events } = this.#setup;
    counts.failed++;
    const code = codeOf(failure, error);
    if (failure.kind === "unready")
      throttle.log("dedup_failed", { code }, String((error as DedupUnready).message));
    else throttle.log("handler_failed", { code }, `a handler ${howFailed(failure, error)}`);
    events.emit("failed", [{ delivery, code, error, attempt }]);
  }

  deadLettered(delivery: Delivery, { reason, description }: Verdict & { readonly kind: "dead" }): void {
    const { source, counts, throttle, events } = this.#setup;
    counts.deadLettered++;
    const message = `a message of "${source}" was given up${placeOf(delivery)}: ${description}`;
    throttle.log("dead_lettered", { code: reason }, message);
    events.emit("deadLettered", [{ delivery, reason, description }]);
  }
}

const placeOf = ({ partition, offset }: Delivery): string =>
  offset === undefined ? "" : ` (it stays at offset ${offset} of ${partition})`;
