/** Marks the listeners of this package that end the process, those of another loaded copy included. */
const mark = Symbol.for("@streamll/core ends the process");

type Ending = NodeJS.Signals | "uncaughtException";

type Listener = (...args: never[]) => void;

/** Marks a listener that ends the process the way it would have ended without the listener. */
export function ending<L extends Listener>(listener: L): L {
  return Object.assign(listener, { [mark]: true });
}

const isOurs = (listener: object) => mark in listener;

const listenersOf = (event: Ending): readonly object[] => process.listeners(event as "uncaughtException");

/** Whether another `stopOnSignals` is still stopping: the last one ends the process. */
export const othersAreEnding = (event: Ending): boolean => listenersOf(event).some(isOurs);

/** Whether the program listens itself, and so decides when the process ends. */
export function programListens(event: Ending): boolean {
  const theirs = listenersOf(event).filter((listener) => !isOurs(listener)).length;
  return theirs > (event === "uncaughtException" ? 0 : signalExits());
}

/**
 * Counts the listeners of `signal-exit`, which many packages depend on. Each ends the process on a signal, but only if
 * nothing else listens: it waits for us, so we must not wait for it.
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

/** Resolves when `work` settles, or after `ms`. Until then the process stays alive. */
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
