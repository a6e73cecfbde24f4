import { types } from "node:util";
import type { Call } from "./call.js";
import { notWatched } from "./error-fields.js";
import { isNativePromise, type Outcome, observe } from "./promise.js";
import { isSpent } from "./shape.js";
import { Watch } from "./watch.js";

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
    if (isNativePromise(result)) {
      const followed = observe(result, outcomeOf(call), isFresh);
      call.goOn(true);
      return followed;
    }
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
  if (!call.isOpen) return;
  const watch = new Watch(call);
  if (!watch.canWatch(result)) return call.end(result);
  const watcher = watchers.get(result);
  if (isSpent(result) || (watcher !== undefined && watcher.parentId !== call.startId))
    return call.end(undefined);
  watch.begin(result);
  watchers.set(result, call);
  call.goOn(false);
}
