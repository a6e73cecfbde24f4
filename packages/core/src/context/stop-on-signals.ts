import { context } from "./context.js";

/** A sink, or what `configure` gave. */
interface Stoppable {
  stop(): Promise<unknown>;
}

export interface StopOnSignalsOptions {
  /** Default: SIGTERM and SIGINT. */
  readonly signals?: readonly NodeJS.Signals[] | undefined;
}

/**
 * On SIGTERM and SIGINT: stops the sinks, which delivers what they hold within their `flushTimeout`, and then ends
 * the process as the signal would have. A second signal ends it at once. Where the program listens for the signal
 * itself, ending the process stays with it.
 *
 * @param target Default: the sinks of the `configure` that is in force when the signal comes.
 * @returns Stops listening.
 * @example
 * configure({ sinks: [new RabbitMQSink()] });
 * stopOnSignals();
 */
export function stopOnSignals(
  target?: Stoppable | readonly Stoppable[],
  { signals = ["SIGTERM", "SIGINT"] }: StopOnSignalsOptions = {},
): () => void {
  let stopping = false;

  const listen = (signal: NodeJS.Signals) => {
    if (stopping) return end(signal);
    stopping = true;
    const all = target === undefined ? (context.configuration?.sinks ?? []) : [target].flat();
    Promise.allSettled(all.map(async (one) => (one as Stoppable).stop())).then(() => end(signal));
  };
  const end = (signal: NodeJS.Signals) => {
    dispose();
    if (process.listenerCount(signal) === 0) process.kill(process.pid, signal);
  };
  const dispose = () => {
    for (const signal of signals) process.off(signal, listen);
  };

  for (const signal of signals) process.on(signal, listen);
  return dispose;
}
