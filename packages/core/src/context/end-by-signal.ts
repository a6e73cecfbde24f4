import { ending, othersAreEnding, programListens } from "./ending.js";

/**
 * On a signal: stops, then ends the process as the signal would have; a second one ends it at once. Where the program
 * listens too it decides when to end, and until then nothing is stopped.
 *
 * @returns Stops listening.
 */
export function endBySignal(signals: readonly NodeJS.Signals[], stop: () => Promise<void>): () => void {
  /** Signals for which a listener of the program was removed just now: `once` does so before it calls it. */
  const heard = new Set<string | symbol>();
  let listening = true;
  let stopping = false;

  const listen = ending((signal: NodeJS.Signals) => {
    // The program may have disposed of it on the same signal.
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
    // What was said on the way is printed first.
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
