import { types } from "node:util";

// Under Jest, in a `vm` context or in a frame, the language's own classes exist twice: what Node makes is of one
// realm, what the program makes of another, and `instanceof Error` is false for half of all errors. So nothing here
// asks for a built-in class; a lint rule (tooling/lint) keeps that out of all packages. Classes of this project are
// asked for by `instanceof` within a package, and by their shape (`kind`, `code`) wherever another copy may have made
// the object.

/** Whether it is an error, of whatever realm: also one that old code made by `util.inherits`, and a `DOMException`. */
export function isError(value: unknown): value is Error {
  if (types.isNativeError(value)) return true;
  if (typeof value !== "object" || value === null) return false;
  for (let at = prototypeOf(value); at !== null && at !== Object.prototype; at = prototypeOf(at)) {
    if (ownValue(at, "name") === "Error" && ownValue(at, "message") === "") return true;
  }
  return false;
}

/** What has fields, functions not counted. */
export const isObject = (value: unknown): value is object => typeof value === "object" && value !== null;

/** An object as a literal makes it, of whatever realm. */
export function isPlainObject(value: unknown): value is Record<string, unknown> {
  if (typeof value !== "object" || value === null || types.isProxy(value)) return false;
  const prototype: object | null = Object.getPrototypeOf(value);
  return prototype === Object.prototype || (prototype !== null && isRoot(prototype));
}

/** Some realm's `Object.prototype`, which alone has these methods and nothing above it. */
const isRoot = (prototype: object): boolean =>
  prototypeOf(prototype) === null && typeof ownValue(prototype, "propertyIsEnumerable") === "function";

/** Asked of a proxy, it would run the program's code. */
const prototypeOf = (value: object): object | null =>
  types.isProxy(value) ? null : Object.getPrototypeOf(value);

/** What it holds itself, without running a getter. */
const ownValue = (holder: object, key: PropertyKey): unknown =>
  types.isProxy(holder) ? undefined : Object.getOwnPropertyDescriptor(holder, key)?.value;
