/**
 * A sink that delivers when the program has nothing more to do keeps the process going, and then Node asks the
 * listeners of `beforeExit` once more. What they do that time over they have done before: recorded again, it would
 * be delivered again, and the process would never end.
 */
interface Ending {
  /** The listeners were asked before. */
  wasAsked: boolean;
  isAsking: boolean;
  /** The program did something since they were asked. */
  isActive: boolean;
  isRepeated: boolean;
  /** What is done before they are asked for the first time. */
  readonly first: Set<() => void>;
}

const key = Symbol.for("@streamll/core ending 1");
const holder = globalThis as typeof globalThis & { [key]?: Ending };

// Bun 1.4 keeps the process for an immediate that is unref'd, and would ask the listeners for ever.
const inTheNextTurn =
  process.versions.bun === undefined ? setImmediate : (then: () => void) => setTimeout(then, 0);

/** One for the process, also where this package is loaded twice. */
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
    // After what they do at once, and after what that makes of promises. Holds no process.
    inTheNextTurn(() => {
      ending.isAsking = false;
      // First again, also before those that were put first since.
      process.off("beforeExit", ask).prependListener("beforeExit", ask);
    }).unref();
  };
  process.prependListener("beforeExit", ask);
  return ending;
}

/** Whether the listeners of `beforeExit` are at work. */
export const isAsking = (): boolean => holder[key]?.isAsking === true;

/**
 * From the beginning, as a program may hand over its first event in such a listener.
 *
 * @param first What is to be done before the listeners of `beforeExit` are asked.
 */
export function expectEnding(first?: () => void): void {
  holder[key] ??= listening();
  if (first !== undefined) holder[key].first.add(first);
}

/** The program hands something over. `true` when it is only what its listeners of `beforeExit` did before. */
export function isRepetition(): boolean {
  const ending = holder[key];
  if (ending === undefined) return false;
  if (ending.isAsking) return ending.isRepeated;
  ending.isActive = true;
  return false;
}
