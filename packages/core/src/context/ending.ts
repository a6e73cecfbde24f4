/** Those who end the process: listeners of this package, also of its other copy (ES module beside CommonJS). */
const mark = Symbol.for("@streamll/core ends the process");

type Ending = NodeJS.Signals | "uncaughtException";

type Listener = (...args: never[]) => void;

/** Marks a listener as one that ends the process as it would have ended without it. */
export function ending<L extends Listener>(listener: L): L {
  return Object.assign(listener, { [mark]: true });
}

const isOurs = (listener: object) => mark in listener;

const listenersOf = (event: Ending): readonly object[] => process.listeners(event as "uncaughtException");

/** Another `stopOnSignals` is at work too: the last of them ends the process. */
export const othersAreEnding = (event: Ending): boolean => listenersOf(event).some(isOurs);

/** The program listens, and so decides itself what becomes of the process. */
export function programListens(event: Ending): boolean {
  const theirs = listenersOf(event).filter((listener) => !isOurs(listener)).length;
  return theirs > (event === "uncaughtException" ? 0 : signalExits());
}

/**
 * Copies of `signal-exit`, which many packages bring along. Each listens for every signal and ends the process, but
 * only where nobody else listens: while it waits for us, it is nobody to wait for.
 */
function signalExits(): number {
  const emitters: unknown[] = [
    (globalThis as Record<symbol, unknown>)[Symbol.for("signal-exit emitter")],
    (process as { __signal_exit_emitter__?: unknown }).__signal_exit_emitter__,
  ];
  return emitters.reduce<number>((sum, emitter) => {
    const { count } = (emitter ?? {}) as { count?: unknown };
    return typeof count === "number" ? sum + count : sum;
  }, 0);
}

/** Resolves when `work` does, after `ms` at the latest. Until then the process stays alive. */
export function within(ms: number, work: Promise<unknown>): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    const done = () => {
      clearTimeout(timer);
      resolve();
    };
    work.then(done, done);
  });
}
