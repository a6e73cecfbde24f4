import { types } from "node:util";

// Under Jest, in a `vm` context or in a frame, the built-in classes exist twice: Node's objects are of one realm, the
// program's of another, and `instanceof Error` is false for half of all errors. So nothing here checks for a built-in
// class; a lint rule (tooling/lint) forbids that in all packages. Classes of this project are checked by `instanceof`
// within a package, and by their structure (`kind`, `code`) wherever another copy may have created the object.

/** Whether it is an error of any realm, including `DOMException` and errors that old code derived by `util.inherits`. */
export function isError(value: unknown): value is Error {
  if (types.isNativeError(value)) return true;
  if (typeof value !== "object" || value === null) return false;
  for (let at = prototypeOf(value); at !== null && at !== Object.prototype; at = prototypeOf(at)) {
    if (ownValue(at, "name") === "Error" && ownValue(at, "message") === "") return true;
  }
  return false;
}

/** Whether it can have fields; functions do not count. */
export const isObject = (value: unknown): value is object => typeof value === "object" && value !== null;

/** Whether it is an object such as a literal creates, of any realm. */
export function isPlainObject(value: unknown): value is Record<string, unknown> {
  if (typeof value !== "object" || value === null || types.isProxy(value)) return false;
  const prototype: object | null = Object.getPrototypeOf(value);
  return prototype === Object.prototype || (prototype !== null && isRoot(prototype));
}

/** Whether it is some realm's `Object.prototype`, which alone has these methods and no prototype. */
const isRoot = (prototype: object): boolean =>
  prototypeOf(prototype) === null && typeof ownValue(prototype, "propertyIsEnumerable") === "function";

/** The prototype; none for a proxy, as asking one would run the program's code. */
const prototypeOf = (value: object): object | null =>
  types.isProxy(value) ? null : Object.getPrototypeOf(value);

/** An own data field, read without running a getter. */
const ownValue = (holder: object, key: PropertyKey): unknown =>
  types.isProxy(holder) ? undefined : Object.getOwnPropertyDescriptor(holder, key)?.value;
