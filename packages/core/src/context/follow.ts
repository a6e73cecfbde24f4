import { Duplex, Readable, Transform } from "node:stream";
import { types } from "node:util";
import { methodOf } from "../fields.js";
import { type Call, notWatched } from "./call.js";
import { watchIterable, watchIterator } from "./iteration.js";
import { isNativePromise, isThenable, type Outcome, observe } from "./promise.js";
import { watchReadable } from "./readable.js";
import { Reading } from "./reading.js";
import { isLocked, isWebStream, watchWebStream } from "./web-stream.js";

/**
 * Ends the call with what it gave, or when that is over: a promise settled, a stream read. What it gives back is the
 * very same, but for the promise of an `async` function, which nobody else has: there it is one that follows it.
 */
export function follow(call: Call, result: unknown, isFresh = false): unknown {
  // A proxy does what the program says, whatever is asked of it.
  if (typeof result !== "object" || result === null || types.isProxy(result)) {
    call.end(result);
    return result;
  }
  try {
    if (isNativePromise(result)) return observe(result, outcomeOf(call), isFresh);
    watch(call, result);
  } catch {
    // Frozen: nothing can be put into it.
    call.end(notWatched);
  }
  return result;
}

const outcomeOf = (call: Call): Outcome => ({
  fulfilled: (value) => void follow(call, value),
  rejected: (error) => call.fail(error),
});

/** Which call watches it. Another that gives it too just ends, but for the call around, which gave it on. */
const watchers = new WeakMap<object, Call>();

function watch(call: Call, result: object): void {
  const ways = waysOf(call, result);
  if (ways.length === 0) return call.end(result);
  const watcher = watchers.get(result);
  if (isSpent(result) || (watcher !== undefined && watcher.parentId !== call.startId))
    return call.end(undefined);
  for (const way of ways) way();
  watchers.set(result, call);
}

/** In which ways it can be watched: what is done with it first ends the call. */
function waysOf(call: Call, result: object): (() => void)[] {
  if (isWebStream(result)) return [() => watchWebStream(result, new Reading(call))];
  if (types.isGeneratorObject(result)) return [() => watchIterator(result, new Reading(call))];
  if (isReadable(result)) return [() => watchReadable(result, new Reading(call))];
  const ways: (() => void)[] = [];
  if (methodOf(result, Symbol.asyncIterator)) ways.push(() => watchIterable(result, new Reading(call)));
  if (isThenable(result)) ways.push(() => void observe(result, outcomeOf(call)));
  return ways;
}

/** Read already, or by another. What it is made of is not what the call gave. */
function isSpent(value: object): boolean {
  if (isWebStream(value)) return isLocked(value);
  return value instanceof Readable && (value.destroyed || value.readableEnded);
}

/** Not a socket: that is a connection, of which what is read is one half. */
function isReadable(value: object): value is Readable {
  return value instanceof Readable && (!(value instanceof Duplex) || value instanceof Transform);
}
