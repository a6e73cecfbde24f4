import { isThenable } from "../callback.js";
import type { Clock } from "../delivery/clock.js";
import { Meter } from "../telemetry/meter.js";
import type { Handle, HandlerContext } from "./try.js";

/** Counters since the consumer was made, and gauges of this moment. */
export interface ConsumingStats {
  /** Deliveries, those that came again included. */
  readonly events_received: number;
  /** Their handler ended well. */
  readonly events_handled: number;
  /** Tries of handlers that failed. */
  readonly events_failed: number;
  /** Tries after the first. */
  readonly events_retried: number;
  /** Given up: they are where the queue sends its dead letters. */
  readonly events_dead_lettered: number;
  /** Not handled again, since they were done before; or settled with a first delivery that was still in hand. */
  readonly events_duplicate: number;
  /** Given back to the broker. */
  readonly events_given_back: number;
  /** Settlements that did not reach the broker, since the connection was lost: these messages come again. */
  readonly settlements_lost: number;
  /** Handlers that run, waits between tries included. */
  readonly events_in_hand: number;
  /** Received, and waiting for their turn. */
  readonly events_waiting: number;
  readonly reconnects: number;
  readonly subscribed: boolean;
  /** Handled, over the last one to two ten-second windows. */
  readonly events_per_second: number;
  /** Of tries that ended well, over the last one to two ten-second windows; 0 with none. */
  readonly handler_latency_p50_ms: number;
  readonly handler_latency_p95_ms: number;
  readonly handler_latency_p99_ms: number;
}

/** What is counted as it happens. */
export class ConsumingCounts {
  received = 0;
  handled = 0;
  failed = 0;
  retried = 0;
  deadLettered = 0;
  duplicate = 0;
  givenBack = 0;
  lost = 0;
  readonly meter: Meter;

  constructor(now: () => number) {
    this.meter = new Meter(now);
  }

  succeeded(startedAt: number, now: number): void {
    this.handled++;
    this.meter.sent(1, now - startedAt, now);
  }

  read(
    gauges: Pick<ConsumingStats, "events_in_hand" | "events_waiting" | "reconnects" | "subscribed">,
  ): ConsumingStats {
    const { perSecond, p50, p95, p99 } = this.meter.read();
    return {
      events_received: this.received,
      events_handled: this.handled,
      events_failed: this.failed,
      events_retried: this.retried,
      events_dead_lettered: this.deadLettered,
      events_duplicate: this.duplicate,
      events_given_back: this.givenBack,
      settlements_lost: this.lost,
      ...gauges,
      events_per_second: perSecond,
      handler_latency_p50_ms: p50,
      handler_latency_p95_ms: p95,
      handler_latency_p99_ms: p99,
    };
  }
}

/** Measures the tries that end well. */
export function counted(handle: Handle, counts: ConsumingCounts, clock: Clock): Handle {
  const succeeded = (startedAt: number, context: HandlerContext) => {
    if (!context.isOver) counts.succeeded(startedAt, clock.now());
  };
  return (delivery, context) => {
    const startedAt = clock.now();
    const handled = handle(delivery, context);
    if (isThenable(handled)) return Promise.resolve(handled).then(() => succeeded(startedAt, context));
    succeeded(startedAt, context);
  };
}
