import { types } from "node:util";
import { type Method, methodOf, ownData } from "../fields.js";
import { aside, context } from "./context.js";
import { override } from "./override.js";
import { isThenable, observe } from "./promise.js";
import type { Reading } from "./reading.js";

/** What is told of what is read: a {@link Reading}, or a part of one. */
export type Reader = Pick<Reading, "call" | "read" | "end" | "lose" | "fail">;

/** Watches the first iteration over it. The object stays itself, with all else that it can do. */
export function watchIterable(iterable: object, reading: Reader): void {
  const iterate = methodOf(iterable, Symbol.asyncIterator) as Method;
  let watched = false;
  override(iterable, Symbol.asyncIterator, iterate, function (...args) {
    const iterator = context.calls.run(reading.call, () => Reflect.apply(iterate, this, args));
    if (!watched && typeof iterator === "object" && iterator !== null) {
      watched = true;
      try {
        watchOnce(iterator, reading);
      } catch {
        // Frozen: it is read unseen.
        reading.lose();
      }
    }
    return iterator;
  });
}

/** Those that an iterable gave. One that it keeps is not watched again each time that it gives it. */
const iterators = new WeakSet<object>();
/** Those that are watched where they are made, whoever asks for them. */
const origins = new WeakSet<object>();

/** Watches a field that makes the iterators for all ways to read the object, as in OpenAI's and Anthropic's streams. */
export function watchOrigin(holder: object, name: string, reading: Reader): void {
  const iterate = ownData(holder, name);
  if (typeof iterate !== "function") return;
  override(holder, name, iterate as Method, function (...args) {
    const iterator: unknown = Reflect.apply(iterate as Method, this, args);
    if (types.isGeneratorObject(iterator) && !origins.has(iterator)) {
      watchIterator(iterator, reading);
      origins.add(iterator);
    }
    return iterator;
  });
}

function watchOnce(iterator: object, reading: Reader): void {
  if (origins.has(iterator)) return;
  if (iterators.has(iterator)) return reading.end();
  watchIterator(iterator, reading);
  // Else a loop that breaks off would tell nobody.
  if (!("return" in iterator)) {
    override(iterator, "return", undefined, async (value) => {
      reading.end("cancelled");
      return { done: true, value };
    });
  }
  iterators.add(iterator);
}

/**
 * Watches an iterator or a generator, whose body is in the context of its call at every step, whoever takes it.
 *
 * @param isNodes Whether it is the platform's own, of which each step gives a promise that nobody else has.
 */
export function watchIterator(iterator: object, reading: Reader, isNodes = false): void {
  for (const name of ["next", "return", "throw"] as const) {
    const step = methodOf(iterator, name);
    if (step === undefined) continue;
    const isGenerators = types.isGeneratorObject(iterator) && !Object.hasOwn(iterator, name);
    const isFresh = isNodes || isGenerators || types.isAsyncFunction(step);
    override(iterator, name, step, function (...args) {
      return watchStep(reading, () => Reflect.apply(step, this, args), name === "return", isFresh);
    });
  }
}

/**
 * Takes a step of what is read, in the context of its call, and tells what came of it.
 *
 * @param isFresh Whether it gives a promise that nobody else has.
 */
export function watchStep(reading: Reader, step: () => unknown, isLast: boolean, isFresh = false): unknown {
  const fulfilled = (result: unknown) =>
    void aside(reading.call.configuration, () => {
      // What is no result at all is for the reader to find.
      if (typeof result !== "object" || result === null) return;
      if (!ownData(result, "done")) reading.read(ownData(result, "value"));
      else reading.end(isLast ? "cancelled" : undefined);
    });
  const rejected = (error: unknown) => reading.fail(error);
  let result: unknown;
  try {
    result = context.calls.run(reading.call, step);
  } catch (error) {
    rejected(error);
    throw error;
  }
  if (typeof result !== "object" || result === null || !isThenable(result)) {
    fulfilled(result);
    return result;
  }
  try {
    return observe(result, { fulfilled, rejected }, isFresh);
  } catch {
    // Frozen: what follows is not seen.
    reading.lose();
    return result;
  }
}
