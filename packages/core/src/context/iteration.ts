import { types } from "node:util";
import { type Method, methodOf, ownData } from "../fields.js";
import { context, safely } from "./context.js";
import { override } from "./override.js";
import { isThenable, observe } from "./promise.js";
import type { Reading } from "./reading.js";

/** Receives what the program reads: a {@link Reading}, or one of the ways to read the same result. */
export type Reader = Pick<Reading, "call" | "read" | "end" | "abandon" | "fail">;

/** Watches the first iteration over an object, which keeps its identity and its other members. */
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
        // A frozen iterator cannot be watched.
        reading.abandon();
      }
    }
    return iterator;
  });
}

/** Iterators that an iterable returned: one that it returns repeatedly is watched once. */
const iterators = new WeakSet<object>();
/** Iterators that `watchOrigin` watches where they are created. */
const origins = new WeakSet<object>();

/** Watches the field that creates the iterators for every way to read the object, as in OpenAI's and Anthropic's streams. */
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
  // Without a `return`, a loop that breaks off would go unnoticed.
  if (!("return" in iterator)) {
    override(iterator, "return", undefined, async (value) => {
      reading.end("cancelled");
      return { done: true, value };
    });
  }
  iterators.add(iterator);
}

/**
 * Watches an iterator or a generator, and runs each step in the context of its call, whoever asks for the step.
 *
 * @param isNodes Whether it is an iterator of Node's own, each step of which returns a promise that nothing else holds.
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
 * Takes one step of a reading in the context of its call, and records the outcome.
 *
 * @param isFresh Whether the step returns a promise that nothing else can hold yet.
 */
export function watchStep(reading: Reader, step: () => unknown, isLast: boolean, isFresh = false): unknown {
  const fulfilled = (result: unknown) =>
    void safely(reading.call.configuration, () => {
      // An invalid result is the reader's to reject.
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
    // A frozen thenable cannot be watched.
    reading.abandon();
    return result;
  }
}
