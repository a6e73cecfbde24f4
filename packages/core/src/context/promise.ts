import { types } from "node:util";
import { type Method, methodOf } from "../fields.js";
import { unnoticed } from "./lookout.js";
import { override } from "./override.js";
import { Unattended } from "./unattended.js";

/** What is told of a promise. Neither throws. */
export interface Outcome {
  fulfilled(value: unknown): void;
  rejected(error: unknown): void;
}

const { then } = Promise.prototype;

/**
 * Tells how a promise or another thenable ends. A rejection stays the program's: reported as unhandled if nobody
 * handles it, and else not.
 *
 * @param isFresh Whether nobody else can have it yet, as that of an `async` function.
 * @returns What the program gets: the very same, but for a promise that is fresh, one that follows it.
 * @throws TypeError where it is frozen.
 */
export function observe(value: object, outcome: Outcome, isFresh = false): object {
  if (!isNativePromise(value)) observeThenable(value, outcome);
  else if (isFresh) return following(value, outcome);
  else observePromise(value, outcome);
  return value;
}

export const isThenable = (value: object): boolean =>
  types.isPromise(value) || methodOf(value, "then") !== undefined;

/** Of whatever realm. What another `then` does is not known: it may only begin the work. */
export function isNativePromise(value: object): value is Promise<unknown> {
  if (!types.isPromise(value)) return false;
  const method = methodOf(value, "then");
  return method === then || (method !== undefined && isNative(method, "then"));
}

const isNative = (method: object, name: string): boolean =>
  Function.prototype.toString.call(method) === `function ${name}() { [native code] }`;

/** Handlers of ours on the promise itself would cut the stacks of errors, which V8 reads along a single handler. */
function following(promise: Promise<unknown>, outcome: Outcome): Promise<unknown> {
  return promise.then(
    (value) => {
      outcome.fulfilled(value);
      return value;
    },
    (error) => {
      outcome.rejected(error);
      throw error;
    },
  );
}

/** Promises that nobody was seen to put handlers on, with those who wait to be told. */
const waiting = new WeakMap<object, Outcome[]>();
/** Those that somebody was seen to. */
const attended = new WeakSet<object>();

const unattended = new Unattended(
  (promise) => waiting.has(promise),
  (promise) => attend(promise),
  (promise, error) => {
    for (const { rejected } of leave(promise)) rejected(error);
  },
);

/**
 * A handler of ours would make a rejection count as handled, and whether the program has one is not to be known. So
 * ours comes with the program's first: whoever puts one on a promise, by `await` or any other way, asks for its
 * `constructor`. Until then the promise has a prototype that notices.
 */
function observePromise(promise: Promise<unknown>, outcome: Outcome): void {
  if (attended.has(promise)) return listen(promise, outcome);
  const others = waiting.get(promise);
  if (others !== undefined) return void others.push(outcome);
  Object.setPrototypeOf(promise, lookoutOver(Object.getPrototypeOf(promise)));
  waiting.set(promise, [outcome]);
  unattended.add(promise);
}

function attend(promise: Promise<unknown>): void {
  attended.add(promise);
  for (const outcome of leave(promise)) listen(promise, outcome);
}

/** The promise is as it was. */
function leave(promise: object): readonly Outcome[] {
  const outcomes = waiting.get(promise) ?? [];
  waiting.delete(promise);
  const prototype = prototypes.get(Object.getPrototypeOf(promise));
  if (prototype !== undefined) Reflect.setPrototypeOf(promise, prototype);
  return outcomes;
}

/** What our own handlers give is a plain promise: a class derived from `Promise` has no part in it. */
function listen(promise: Promise<unknown>, { fulfilled, rejected }: Outcome): void {
  const prototype = Object.getPrototypeOf(promise);
  const isDerived = prototype !== Promise.prototype && prototype.then === then;
  if (isDerived) Reflect.setPrototypeOf(promise, Promise.prototype);
  Reflect.apply(then, promise, [fulfilled, rejected]);
  if (isDerived) Reflect.setPrototypeOf(promise, prototype);
}

const lookouts = new WeakMap<object, object>();
const prototypes = new WeakMap<object, object>();

function lookoutOver(prototype: object): object {
  const known = lookouts.get(prototype);
  if (known !== undefined) return known;
  const lookout: object = Object.create(prototype, {
    constructor: {
      configurable: true,
      get(this: Promise<unknown>) {
        if (waiting.has(this)) attend(this);
        return Reflect.get(prototype, "constructor", this);
      },
      set(this: object, value: unknown) {
        const field = { value, configurable: true, enumerable: true, writable: true };
        Object.defineProperty(this, "constructor", field);
      },
    },
  });
  lookouts.set(prototype, lookout);
  prototypes.set(lookout, prototype);
  return lookout;
}

/**
 * Told when the program asks for its value: it may only begin then, and have more methods than `then`. A promise of a
 * class, as that of a provider's client, gives another promise, on which the program's handlers are put: errors keep their
 * stacks so, which V8 reads from promise to promise.
 */
function observeThenable(thenable: object, outcome: Outcome): void {
  const method = methodOf(thenable, "then") as Method;
  override(thenable, "then", method, function (onFulfilled, onRejected) {
    let isChained = types.isPromise(thenable);
    const fulfilled = (value: unknown) => {
      outcome.fulfilled(value);
      return !isChained && typeof onFulfilled === "function" ? onFulfilled(value) : value;
    };
    const rejected = (error: unknown) => {
      outcome.rejected(error);
      if (!isChained && typeof onRejected === "function") return onRejected(error);
      throw error;
    };
    // What it makes on the way ends as it does, and may have one handler alone for the same reason.
    const given = unnoticed(thenable, () => Reflect.apply(method, this, [fulfilled, rejected]));
    isChained &&= typeof given === "object" && given !== null && isNativePromise(given);
    return isChained ? Reflect.apply(then, given, [onFulfilled, onRejected]) : given;
  });
}
