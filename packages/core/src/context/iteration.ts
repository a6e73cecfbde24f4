import { types } from "node:util";
import { aside, context } from "./context.js";
import type { Reading } from "./reading.js";

type Method = (this: object, ...args: unknown[]) => unknown;

/** Watches the first iteration over it. The object stays itself, with all else that it can do. */
export function watchIterable(iterable: object, reading: Reading): void {
  const iterate = Reflect.get(iterable, Symbol.asyncIterator) as Method;
  let watched = false;
  override(iterable, Symbol.asyncIterator, function (...args) {
    const iterator = context.calls.run(reading.call, () => Reflect.apply(iterate, this, args));
    if (!watched && typeof iterator === "object" && iterator !== null) {
      watched = true;
      try {
        watchOnce(iterator, reading);
      } catch {
        // Frozen: it is read unseen.
        reading.end();
      }
    }
    return iterator;
  });
}

/** Those that an iterable gave. One that it keeps is not watched again each time that it gives it. */
const iterators = new WeakSet<object>();

function watchOnce(iterator: object, reading: Reading): void {
  if (iterators.has(iterator)) return reading.end();
  watchIterator(iterator, reading);
  // Else a loop that breaks off would tell nobody.
  if (Reflect.get(iterator, "return") === undefined) {
    override(iterator, "return", async (value) => {
      reading.end("cancelled");
      return { done: true, value };
    });
  }
  iterators.add(iterator);
}

/** Watches an iterator or a generator, whose body is in the context of its call at every step, whoever takes it. */
export function watchIterator(iterator: object, reading: Reading): void {
  for (const name of ["next", "return", "throw"] as const) {
    const step: unknown = Reflect.get(iterator, name);
    if (typeof step !== "function") continue;
    const stepped = (result: unknown): unknown => {
      aside(reading.call.configuration, () => {
        // What is no result at all is for the reader to find.
        if (typeof result !== "object" || result === null) return;
        const { done, value } = result as IteratorResult<unknown>;
        if (!done) reading.read(value);
        else reading.end(name === "return" ? "cancelled" : undefined);
      });
      return result;
    };
    const failed = (error: unknown): never => {
      reading.fail(error);
      throw error;
    };
    override(iterator, name, function (...args) {
      let result: unknown;
      try {
        result = context.calls.run(reading.call, () => Reflect.apply(step, this, args));
      } catch (error) {
        return failed(error);
      }
      return types.isPromise(result) ? result.then(stepped, failed) : stepped(result);
    });
  }
}

/** Unseen by those who list the fields. Throws where the object is frozen. */
export function override(object: object, name: PropertyKey, value: Method): void {
  Object.defineProperty(object, name, { value, configurable: true, enumerable: false, writable: true });
}
