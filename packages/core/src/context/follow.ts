import { types } from "node:util";
import type { Call } from "./call.js";
import { override, watchIterable, watchIterator } from "./iteration.js";
import { Reading } from "./reading.js";
import { relay } from "./relay.js";

/**
 * Ends the call with what it gave, or when that is over: a promise settled, a stream read. What it gives back is the
 * same, but for a promise, which is one that follows it, and a `ReadableStream`, which is one with the same chunks.
 */
export function follow(call: Call, result: unknown): unknown {
  if (typeof result === "object" && result !== null && !types.isProxy(result)) {
    if (isPlainPromise(result)) return followPromise(call, result);
    try {
      const followed = followObject(call, result);
      if (followed !== undefined) return followed;
    } catch {
      // Frozen, or a getter that throws: as any other value.
    }
  }
  call.end(result);
  return result;
}

/** One that follows the promise: with handlers put on the promise itself, nobody would hear that it was unhandled. */
function followPromise(call: Call, promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    (value) => follow(call, value),
    (error) => {
      call.fail(error);
      throw error;
    },
  );
}

function followObject(call: Call, result: object): object | undefined {
  if (isPlainStream(result)) return result.locked ? undefined : relay(result, new Reading(call));
  if (types.isGeneratorObject(result)) watchIterator(result, new Reading(call));
  else if (typeof Reflect.get(result, Symbol.asyncIterator) === "function") {
    watchIterable(result, new Reading(call));
  } else if (typeof Reflect.get(result, "then") === "function") followThenable(call, result);
  else return undefined;
  return result;
}

/** Followed when the program asks for its value: it may only begin then, and have more methods than `then`. */
function followThenable(call: Call, thenable: object): void {
  const then = Reflect.get(thenable, "then") as PromiseLike<unknown>["then"];
  let first: { readonly value: unknown; readonly followed: unknown } | undefined;
  override(thenable, "then", function (onFulfilled, onRejected) {
    const fulfilled = (value: unknown) => {
      // Asked twice, it may give the same stream twice.
      first ??= { value, followed: follow(call, value) };
      const result = value === first.value ? first.followed : value;
      return typeof onFulfilled === "function" ? onFulfilled(result) : result;
    };
    const rejected = (error: unknown) => {
      call.fail(error);
      if (typeof onRejected === "function") return onRejected(error);
      throw error;
    };
    return Reflect.apply(then, this, [fulfilled, rejected]);
  });
}

function isPlainPromise(value: object): value is Promise<unknown> {
  return types.isPromise(value) && Object.getPrototypeOf(value) === Promise.prototype;
}

function isPlainStream(value: object): value is ReadableStream {
  return Object.getPrototypeOf(value) === ReadableStream.prototype;
}
