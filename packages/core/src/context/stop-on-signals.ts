import { context } from "./context.js";
import { endByException } from "./end-by-exception.js";
import { endBySignal } from "./end-by-signal.js";
import { within } from "./ending.js";

/** A sink, a consumer, or what `configure` returned. */
interface Stoppable {
  stop(): Promise<unknown>;
}

export interface StopOnSignalsOptions {
  /** Default: SIGTERM and SIGINT. */
  readonly signals?: readonly NodeJS.Signals[] | undefined;
  /** `false`: an uncaught exception ends the process at once, without stopping the sinks. Default `true`. */
  readonly uncaughtExceptions?: boolean | undefined;
  /** Milliseconds after which the process ends even if a sink has not stopped. Default 60,000. */
  readonly timeoutMs?: number | undefined;
}

/**
 * Delivers what the sinks hold before the process ends.
 *
 * On SIGTERM, SIGINT and uncaught exceptions it stops the sinks, which deliver what they hold within their
 * `flushTimeout`, and consumers, which finish their deliveries within their `drainTimeout`. Then it ends the process as
 * the signal or the exception would have. A second signal ends it at once. An uncaught exception is recorded as the
 * `error` of the call that it ended, or as an `error` event of its own.
 *
 * A program that listens for the signal or the exception itself decides when to end: the sinks stay open, and are
 * stopped when the event loop runs empty. A program that calls `process.exit()` has to await `stop()` first.
 *
 * @param target What to stop. Default: the sinks of the `configure` that is in force at that time.
 * @returns Stops listening.
 * @example
 * configure({ sinks: [new RabbitMQSink()] });
 * stopOnSignals();
 */
export function stopOnSignals(
  target?: Stoppable | readonly Stoppable[],
  {
    signals = ["SIGTERM", "SIGINT"],
    uncaughtExceptions = true,
    timeoutMs = 60_000,
  }: StopOnSignalsOptions = {},
): () => void {
  const stop = () => {
    if (target === undefined) context.open.cancelAll();
    const all = target === undefined ? (context.configuration?.sinks ?? []) : [target].flat();
    return within(timeoutMs, Promise.allSettled(all.map(async (one) => (one as Stoppable).stop())));
  };
  const disposers = [endBySignal(signals, stop)];
  if (uncaughtExceptions) disposers.push(endByException(stop));
  return () => {
    for (const dispose of disposers) dispose();
  };
}
