import { types } from "node:util";
import { type Method, methodOf } from "../fields.js";
import { unobserved } from "./observe-members.js";
import { override } from "./override.js";
import { PendingPromises } from "./pending-promises.js";

/** Is notified of how a promise ends. Neither method throws. */
export interface Outcome {
  fulfilled(value: unknown): void;
  rejected(error: unknown): void;
}

const { then } = Promise.prototype;

/**
 * Observes how a promise or another thenable ends. A rejection stays the program's to handle: Node reports it as
 * unhandled exactly when it would have without us.
 *
 * @param isFresh Whether nothing else can hold the promise yet, as with that of an `async` function.
 * @returns What the program is to get: the value itself, or, for a fresh promise, one that is chained to it.
 * @throws TypeError if the value is frozen.
 */
export function observe(value: object, outcome: Outcome, isFresh = false): object {
  if (!isNativePromise(value)) observeThenable(value, outcome);
  else if (isFresh) return following(value, outcome);
  else observePromise(value, outcome);
  return value;
}

export const isThenable = (value: object): boolean =>
  types.isPromise(value) || methodOf(value, "then") !== undefined;

/** Whether a promise of any realm has the native `then`. Any other `then` may have effects, such as starting the work. */
export function isNativePromise(value: object): value is Promise<unknown> {
  if (!types.isPromise(value)) return false;
  const method = methodOf(value, "then");
  return method === then || (method !== undefined && isNative(method, "then"));
}

const isNative = (method: object, name: string): boolean =>
  Function.prototype.toString.call(method) === `function ${name}() { [native code] }`;

/** Chained, since V8 follows async stacks only where a promise has a single handler: a second one would cut them. */
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

/** Promises to which the program has attached no handler yet, with their observers. */
const waiting = new WeakMap<object, Outcome[]>();
/** Promises to which the program has attached a handler. */
const handled = new WeakSet<object>();

const pending = new PendingPromises(
  (promise) => waiting.has(promise),
  (promise) => handlerAttached(promise),
  (promise, error) => {
    for (const { rejected } of restore(promise)) rejected(error);
  },
);

/**
 * A handler of ours would make a rejection count as handled, and there is no way to ask whether the program has attached
 * one. So ours is attached together with the program's first: `await`, `then` and the others all read the promise's
 * `constructor`, and until then the promise has a prototype that notices this read.
 */
function observePromise(promise: Promise<unknown>, outcome: Outcome): void {
  if (handled.has(promise)) return listen(promise, outcome);
  const others = waiting.get(promise);
  if (others !== undefined) return void others.push(outcome);
  Object.setPrototypeOf(promise, noticingPrototype(Object.getPrototypeOf(promise)));
  waiting.set(promise, [outcome]);
  pending.add(promise);
}

function handlerAttached(promise: Promise<unknown>): void {
  handled.add(promise);
  for (const outcome of restore(promise)) listen(promise, outcome);
}

/** Gives the promise its own prototype back. */
function restore(promise: object): readonly Outcome[] {
  const outcomes = waiting.get(promise) ?? [];
  waiting.delete(promise);
  const prototype = prototypes.get(Object.getPrototypeOf(promise));
  if (prototype !== undefined) Reflect.setPrototypeOf(promise, prototype);
  return outcomes;
}

/** Attaches our handlers so that `then` creates a plain promise, without running the code of a derived class. */
function listen(promise: Promise<unknown>, { fulfilled, rejected }: Outcome): void {
  const prototype = Object.getPrototypeOf(promise);
  const isDerived = prototype !== Promise.prototype && prototype.then === then;
  if (isDerived) Reflect.setPrototypeOf(promise, Promise.prototype);
  Reflect.apply(then, promise, [fulfilled, rejected]);
  if (isDerived) Reflect.setPrototypeOf(promise, prototype);
}

const noticing = new WeakMap<object, object>();
const prototypes = new WeakMap<object, object>();

function noticingPrototype(prototype: object): object {
  const known = noticing.get(prototype);
  if (known !== undefined) return known;
  const made: object = Object.create(prototype, {
    constructor: {
      configurable: true,
      get(this: Promise<unknown>) {
        if (waiting.has(this)) handlerAttached(this);
        return Reflect.get(prototype, "constructor", this);
      },
      set(this: object, value: unknown) {
        const field = { value, configurable: true, enumerable: true, writable: true };
        Object.defineProperty(this, "constructor", field);
      },
    },
  });
  noticing.set(prototype, made);
  prototypes.set(made, prototype);
  return made;
}

/**
 * Observes a thenable once the program calls its `then`, since the work may start only there. If the thenable is a
 * subclass of Promise, as in providers' clients, the program's handlers are attached to the promise that its `then`
 * returns: V8 follows async stacks from promise to promise, so errors keep theirs.
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
    // The promises that `then` creates on the way are not observed: they too may have only a single handler.
    const given = unobserved(thenable, () => Reflect.apply(method, this, [fulfilled, rejected]));
    isChained &&= typeof given === "object" && given !== null && isNativePromise(given);
    return isChained ? Reflect.apply(then, given, [onFulfilled, onRejected]) : given;
  });
}
