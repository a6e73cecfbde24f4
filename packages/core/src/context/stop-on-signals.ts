import { context } from "./context.js";
import { endByException } from "./end-by-exception.js";
import { endBySignal } from "./end-by-signal.js";
import { within } from "./ending.js";

/** A sink, a consumer, or what `configure` gave. */
interface Stoppable {
  stop(): Promise<unknown>;
}

export interface StopOnSignalsOptions {
  /** Default: SIGTERM and SIGINT. */
  readonly signals?: readonly NodeJS.Signals[] | undefined;
  /** `false` leaves exceptions that nobody catches alone: they end the process at once. Default `true`. */
  readonly uncaughtExceptions?: boolean | undefined;
  /** Milliseconds after which the process ends although a sink has not stopped. Default 60,000. */
  readonly timeoutMs?: number | undefined;
}

/**
 * Delivers what the sinks hold before the process ends.
 *
 * On SIGTERM and SIGINT, and on an exception that nobody catches, it stops the sinks, which delivers what they hold
 * within their `flushTimeout`, and consumers, which finish what they have within their `drainTimeout`; then it ends the
 * process as the signal or the exception would have. A second signal ends it at once. An uncaught exception is recorded
 * as an `error` event, of the call that it ended or of its own.
 *
 * Where the program listens itself, in whatever way, it decides when to end: the sinks stay open, and are stopped when
 * the event loop runs empty. A program that calls `process.exit()` awaits the `stop()` before it.
 *
 * @param target Default: the sinks of the `configure` that is in force by then.
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
