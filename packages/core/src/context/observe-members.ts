import { types } from "node:util";
import { type Method, ownData } from "../fields.js";
import { isObject } from "../realm.js";
import { override } from "./override.js";

/** Is notified of what the program does with an object. */
export interface MemberObserver {
  /** A method or a getter returned this. */
  returned(object: object, name: PropertyKey, result: unknown): void;
  /** A method is about to be called with these arguments; it is called with the returned ones. */
  calling(name: PropertyKey, args: unknown[]): unknown[];
}

const observers = new WeakMap<object, Set<MemberObserver>>();
/** The watching prototype by the original one, and the reverse. */
const watching = new WeakMap<object, object>();
const watched = new WeakMap<object, object>();

/**
 * Notifies the observer of every method call and getter read on an object, whatever its class. The object keeps its
 * fields and its identity: a prototype put before its own does the observing, until the last observer leaves.
 *
 * @returns Stops observing.
 * @throws TypeError if the object is frozen.
 */
export function observeMembers(object: object, observer: MemberObserver): () => void {
  const present: object | null = Object.getPrototypeOf(object);
  if (present !== null && !watched.has(present) && !isOfTheLanguage(present)) {
    const prototype = watching.get(present) ?? watchingPrototype(present);
    Object.setPrototypeOf(object, prototype);
  }
  watchOwnMethods(object);
  const all = observers.get(object) ?? new Set();
  observers.set(object, all.add(observer));
  // The returned function must not keep an object in memory that the program has dropped.
  const reference = new WeakRef(object);
  return () => {
    const object = reference.deref();
    if (object === undefined) return;
    const all = observers.get(object);
    all?.delete(observer);
    if (all === undefined || all.size > 0) return;
    observers.delete(object);
    const own = watched.get(Object.getPrototypeOf(object));
    if (own !== undefined) Reflect.setPrototypeOf(object, own);
  };
}

/** The functions that were put in place of an object's own methods. */
const overrides = new WeakSet<object>();

/** A function in a field is a method too: in object literals, and in fields added to an instance. */
function watchOwnMethods(object: object): void {
  let count = 0;
  for (const name of Object.getOwnPropertyNames(object)) {
    const descriptor = Object.getOwnPropertyDescriptor(object, name);
    const method: unknown = descriptor?.value;
    if (typeof method !== "function" || ignored.has(name) || overrides.has(method)) continue;
    if (!descriptor?.configurable || name === "iterator" || ++count > maxOwnMethods) continue;
    override(object, name, method as Method, function (...args) {
      return watchedCall(this, name, args, (given) => Reflect.apply(method, this, given));
    });
    overrides.add(ownData(object, name) as object);
  }
}

const maxOwnMethods = 50;

/** Built-in prototypes are not watched: what every object inherits says nothing about the program. */
function isOfTheLanguage(prototype: object): boolean {
  if (types.isProxy(prototype)) return true;
  const maker: unknown = Object.getOwnPropertyDescriptor(prototype, "constructor")?.value;
  return typeof maker === "function" && /\{\s*\[native code\]\s*\}\s*$/.test(sourceOf(maker));
}

const sourceOf = (fn: object): string => Function.prototype.toString.call(fn);

const maxMembers = 300;
/** Members that the language itself reads all the time, or that are watched in another way. */
const ignored: ReadonlySet<PropertyKey> = new Set(["constructor", "then", "toJSON", "toString", "valueOf"]);

function watchingPrototype(prototype: object): object {
  const members: PropertyDescriptorMap & Record<symbol, PropertyDescriptor> = {};
  let count = 0;
  let at: object | null = prototype;
  for (; at !== null && !isOfTheLanguage(at); at = Object.getPrototypeOf(at)) {
    for (const name of Object.getOwnPropertyNames(at)) {
      const descriptor = Object.getOwnPropertyDescriptor(at, name);
      if (descriptor === undefined || ignored.has(name) || Object.hasOwn(members, name)) continue;
      const member = watchedMember(prototype, name, descriptor);
      if (member !== undefined && ++count <= maxMembers) members[name] = member;
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

/** Runs `act` without notifying observers of what it does with the object. */
export function unobserved(object: object, act: () => unknown): unknown {
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
  // What a watched method itself calls is not observed.
  if (isObject(object) && !busy.has(object)) {
    for (const observer of observers.get(object) ?? []) given = observer.calling(name, given);
  }
  return watchedResult(object, name, () => act(given));
}

function watchedResult(object: object, name: PropertyKey, act: () => unknown): unknown {
  const all = isObject(object) ? observers.get(object) : undefined;
  if (all === undefined || busy.has(object)) return act();
  const result = unobserved(object, act);
  for (const observer of [...all]) observer.returned(object, name, result);
  return result;
}
