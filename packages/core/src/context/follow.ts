import { Duplex, Readable, Transform } from "node:stream";
import { types } from "node:util";
import { isBuiltIn } from "../realm.js";
import type { Call } from "./call.js";
import { override, watchIterable, watchIterator } from "./iteration.js";
import { watchReadable } from "./readable.js";
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

/** Which call watches it. Another that gives it too just ends, but for the call around, which gave it on. */
const watchers = new WeakMap<object, Call>();

/** What was given in the place of a stream, which it has locked. */
const relays = new WeakMap<object, object>();

function followObject(call: Call, given: object): object | undefined {
  let result = given;
  for (let next = relays.get(result); next !== undefined; next = relays.get(result)) result = next;
  const watcher = watchers.get(result);
  if (isSpent(result) || (watcher !== undefined && watcher.parentId !== call.startId)) {
    call.end(undefined);
    return result;
  }
  const followed = watch(call, result);
  if (followed === undefined) return undefined;
  if (followed !== result) relays.set(result, followed);
  watchers.set(followed, call);
  return followed;
}

function watch(call: Call, result: object): object | undefined {
  if (isPlainStream(result)) return relay(result, new Reading(call));
  if (types.isGeneratorObject(result)) watchIterator(result, new Reading(call));
  else if (isReadable(result)) watchReadable(result, new Reading(call));
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

/** Read already, or by another. What it is made of is not what the call gave. */
function isSpent(value: object): boolean {
  if (isPlainStream(value)) return value.locked;
  return value instanceof Readable && (value.destroyed || value.readableEnded);
}

/** Not a socket: that is a connection, of which what is read is one half. */
function isReadable(value: object): value is Readable {
  return value instanceof Readable && (!(value instanceof Duplex) || value instanceof Transform);
}

function isPlainPromise(value: object): value is Promise<unknown> {
  return types.isPromise(value) && isBuiltIn(value, "Promise");
}

function isPlainStream(value: object): value is ReadableStream {
  return isBuiltIn(value, "ReadableStream");
}
