import { types } from "node:util";
import type { Call } from "./call.js";
import { notWatched } from "./error-fields.js";
import { isNativePromise, type Outcome, observe } from "./promise.js";
import { isSpent } from "./shape.js";
import { Watch } from "./watch.js";

/**
 * Ends the call with its result, or once that is over: a promise settled, a stream read. Returns the result itself. Only
 * for the promise of an `async` function, which nothing else can hold yet, it returns a promise chained to that one.
 */
export function follow(call: Call, result: unknown, isFresh = false): unknown {
  // Any access to a proxy runs the program's code.
  if (typeof result !== "object" || result === null || types.isProxy(result)) {
    call.end(result);
    return result;
  }
  try {
    if (isNativePromise(result)) {
      const followed = observe(result, outcomeOf(call), isFresh);
      call.keepOpen(true);
      return followed;
    }
    watch(call, result);
  } catch {
    // It is frozen, so no method can be replaced.
    call.end(notWatched);
  }
  return result;
}

const outcomeOf = (call: Call): Outcome => ({
  fulfilled: (value) => void follow(call, value),
  rejected: (error) => call.fail(error),
});

/** The call that watches each result. Another call that returns it ends at once, unless it encloses that call. */
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
  call.keepOpen(false);
}
