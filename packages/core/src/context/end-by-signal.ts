import { ending, othersAreEnding, programListens } from "./ending.js";

/**
 * On a signal, stops the sinks and then ends the process as the signal would have; a second signal ends it at once. If
 * the program listens too, it decides when to end, and nothing is stopped until then.
 *
 * @returns Stops listening.
 */
export function endBySignal(signals: readonly NodeJS.Signals[], stop: () => Promise<void>): () => void {
  /** Signals of which the program's listener was removed just now: `once` removes a listener before it calls it. */
  const heard = new Set<string | symbol>();
  let listening = true;
  let stopping = false;

  const listen = ending((signal: NodeJS.Signals) => {
    // A listener of the program may have called our `dispose` on this same signal.
    if (!listening) return;
    if (heard.has(signal) || programListens(signal)) {
      process.off("beforeExit", stop).once("beforeExit", stop);
      return;
    }
    if (stopping) return end(signal);
    stopping = true;
    void stop().then(() => end(signal));
  });
  const noteRemoved = (event: string | symbol, listener: unknown) => {
    if (listener === listen) return;
    heard.add(event);
    queueMicrotask(() => heard.clear());
  };
  let ended = false;
  const end = (signal: NodeJS.Signals) => {
    dispose();
    if (ended || othersAreEnding(signal)) return;
    ended = true;
    // Output that was written while stopping is printed first.
    setImmediate(() => process.kill(process.pid, signal));
  };
  const dispose = () => {
    listening = false;
    for (const signal of signals) process.off(signal, listen);
    process.off("removeListener", noteRemoved).off("beforeExit", stop);
  };

  for (const signal of signals) process.on(signal, listen);
  process.on("removeListener", noteRemoved);
  return dispose;
}
