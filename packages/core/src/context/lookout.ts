import { types } from "node:util";
import { type Method, ownData } from "../fields.js";
import { isObject } from "../realm.js";
import { override } from "./override.js";

/** What is told of what the program does with an object. */
export interface Lookout {
  /** A method was called, or a field asked for that is computed, and this is what it gave. */
  given(object: object, name: PropertyKey, result: unknown): void;
  /** A method is about to be called with these arguments. */
  called(name: PropertyKey, args: unknown[]): unknown[];
}

const lookouts = new WeakMap<object, Set<Lookout>>();
/** The prototype with which an object is watched, by the one that it has. */
const watching = new WeakMap<object, object>();
const watched = new WeakMap<object, object>();

/**
 * Has all that is done with an object of a class told, whatever its methods are. The object keeps its fields and its
 * identity: what notices is its prototype, until nobody watches any more.
 *
 * @returns Watches no more.
 * @throws TypeError where the object is frozen.
 */
export function lookOut(object: object, lookout: Lookout): () => void {
  const present: object | null = Object.getPrototypeOf(object);
  if (present !== null && !watched.has(present) && !isOfTheLanguage(present)) {
    const prototype = watching.get(present) ?? watchingPrototype(present);
    Object.setPrototypeOf(object, prototype);
  }
  watchOwnMethods(object);
  const all = lookouts.get(object) ?? new Set();
  lookouts.set(object, all.add(lookout));
  // Who is to watch no more keeps nothing in memory that the program has dropped.
  const reference = new WeakRef(object);
  return () => {
    const object = reference.deref();
    if (object === undefined) return;
    const all = lookouts.get(object);
    all?.delete(lookout);
    if (all === undefined || all.size > 0) return;
    lookouts.delete(object);
    const own = watched.get(Object.getPrototypeOf(object));
    if (own !== undefined) Reflect.setPrototypeOf(object, own);
  };
}

/** Those that are watched in the place of a function in a field. */
const overrides = new WeakSet<object>();

/** A function in a field is a method too: in literals, and in what is put into an object of a class. */
function watchOwnMethods(object: object): void {
  let count = 0;
  for (const name of Object.getOwnPropertyNames(object)) {
    const descriptor = Object.getOwnPropertyDescriptor(object, name);
    const method: unknown = descriptor?.value;
    if (typeof method !== "function" || left.has(name) || overrides.has(method)) continue;
    if (!descriptor?.configurable || name === "iterator" || ++count > mostOwn) continue;
    override(object, name, method as Method, function (...args) {
      return watchedCall(this, name, args, (given) => Reflect.apply(method, this, given));
    });
    overrides.add(ownData(object, name) as object);
  }
}

const mostOwn = 50;

/** A literal has no methods but its own, and what the language gives every object tells nothing. */
function isOfTheLanguage(prototype: object): boolean {
  if (types.isProxy(prototype)) return true;
  const maker: unknown = Object.getOwnPropertyDescriptor(prototype, "constructor")?.value;
  return typeof maker === "function" && /\{\s*\[native code\]\s*\}\s*$/.test(sourceOf(maker));
}

const sourceOf = (fn: object): string => Function.prototype.toString.call(fn);

const mostMembers = 300;
/** Asked for by the language all the time, or watched in a way of its own. */
const left: ReadonlySet<PropertyKey> = new Set(["constructor", "then", "toJSON", "toString", "valueOf"]);

function watchingPrototype(prototype: object): object {
  const members: PropertyDescriptorMap & Record<symbol, PropertyDescriptor> = {};
  let count = 0;
  let at: object | null = prototype;
  for (; at !== null && !isOfTheLanguage(at); at = Object.getPrototypeOf(at)) {
    for (const name of Object.getOwnPropertyNames(at)) {
      const descriptor = Object.getOwnPropertyDescriptor(at, name);
      if (descriptor === undefined || left.has(name) || Object.hasOwn(members, name)) continue;
      const member = watchedMember(prototype, name, descriptor);
      if (member !== undefined && ++count <= mostMembers) members[name] = member;
    }
  }
  const made: object = Object.create(prototype, members);
  watching.set(prototype, made);
  watched.set(made, prototype);
  return made;
}

function watchedMember(
  prototype: object,
  name: string,
  descriptor: PropertyDescriptor,
): PropertyDescriptor | undefined {
  const { configurable = true, enumerable = false } = descriptor;
  if (descriptor.get !== undefined) {
    return {
      configurable,
      enumerable,
      get(this: object) {
        return watchedResult(this, name, () => Reflect.get(prototype, name, this));
      },
      set(this: object, value: unknown) {
        if (!Reflect.set(prototype, name, value, this)) throw new TypeError(`Cannot set property ${name}`);
      },
    };
  }
  if (typeof descriptor.value !== "function") return undefined;
  function watchedMethod(this: object, ...args: unknown[]): unknown {
    return watchedCall(this, name, args, (given) =>
      Reflect.apply(Reflect.get(prototype, name, this), this, given),
    );
  }
  return { value: watchedMethod, configurable, enumerable, writable: true };
}

const busy = new Set<object>();

/** Nothing is told of what is done with the object meanwhile. */
export function unnoticed(object: object, act: () => unknown): unknown {
  if (busy.has(object)) return act();
  busy.add(object);
  try {
    return act();
  } finally {
    busy.delete(object);
  }
}

function watchedCall(
  object: object,
  name: PropertyKey,
  args: unknown[],
  act: (args: unknown[]) => unknown,
): unknown {
  let given = args;
  // Of what a watched method itself calls nothing is told.
  if (isObject(object) && !busy.has(object)) {
    for (const lookout of lookouts.get(object) ?? []) given = lookout.called(name, given);
  }
  return watchedResult(object, name, () => act(given));
}

function watchedResult(object: object, name: PropertyKey, act: () => unknown): unknown {
  const all = isObject(object) ? lookouts.get(object) : undefined;
  if (all === undefined || busy.has(object)) return act();
  const result = unnoticed(object, act);
  for (const lookout of [...all]) lookout.given(object, name, result);
  return result;
}
