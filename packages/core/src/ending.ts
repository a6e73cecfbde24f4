/**
 * A sink that delivers when the event loop runs empty keeps the process alive, after which Node calls the listeners of
 * `beforeExit` once more. What they do then they have done before: if it were recorded again, it would be delivered
 * again, and the process would never end.
 */
interface Ending {
  /** The listeners were called before. */
  wasAsked: boolean;
  isAsking: boolean;
  /** The program did something since the listeners were called. */
  isActive: boolean;
  isRepeated: boolean;
  /** What to do before the listeners are called for the first time. */
  readonly first: Set<() => void>;
}

const key = Symbol.for("@streamll/core ending 1");
const holder = globalThis as typeof globalThis & { [key]?: Ending };

// Bun 1.4 keeps the process alive for an unref'd immediate, and would call the listeners for ever.
const inTheNextTurn =
  process.versions.bun === undefined ? setImmediate : (then: () => void) => setTimeout(then, 0);

/** One per process, even if this package is loaded twice. */
function listening(): Ending {
  const ending: Ending = {
    wasAsked: false,
    isAsking: false,
    isActive: false,
    isRepeated: false,
    first: new Set(),
  };
  const ask = () => {
    ending.isRepeated = ending.wasAsked && !ending.isActive;
    ending.wasAsked = true;
    ending.isActive = false;
    ending.isAsking = true;
    if (!ending.isRepeated) for (const act of ending.first) act();
    // This runs after what the listeners do at once, and after their promises. It does not keep the process alive.
    inTheNextTurn(() => {
      ending.isAsking = false;
      // Our listener has to be the first again, before any that was prepended since.
      process.off("beforeExit", ask).prependListener("beforeExit", ask);
    }).unref();
  };
  process.prependListener("beforeExit", ask);
  return ending;
}

/** Whether the listeners of `beforeExit` are running. */
export const isAsking = (): boolean => holder[key]?.isAsking === true;

/**
 * Watches from the start, as a program may record its first event in such a listener.
 *
 * @param first What to do before the listeners of `beforeExit` are called.
 */
export function expectEnding(first?: () => void): void {
  holder[key] ??= listening();
  if (first !== undefined) holder[key].first.add(first);
}

/** Notes that the program records something. `true` if its listeners of `beforeExit` only repeat what they did before. */
export function isRepetition(): boolean {
  const ending = holder[key];
  if (ending === undefined) return false;
  if (ending.isAsking) return ending.isRepeated;
  ending.isActive = true;
  return false;
}
