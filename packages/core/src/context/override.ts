import { types } from "node:util";
import { type Method, methodOf } from "../fields.js";

/**
 * Replaces a method of an object in place. Listing the object's fields does not show it, and an object that copies or
 * inherits the method behaves as if it were not replaced.
 *
 * @param method The present method; `undefined` if there is none.
 * @param watched The method that replaces it.
 * @throws TypeError if the object is frozen.
 */
export function override<M extends Method | undefined>(
  object: object,
  name: PropertyKey,
  method: M,
  watched: (this: object, ...args: unknown[]) => unknown,
): void {
  const own = Object.getOwnPropertyDescriptor(object, name);
  function overriding(this: unknown, ...args: unknown[]): unknown {
    const isOther = typeof this === "object" && this !== null && this !== object;
    const called = isOther ? (own === undefined ? inheritedOf(this) : method) : watched;
    if (called === undefined) throw new TypeError(`${String(name)} is not a function`);
    return Reflect.apply(called, this, args);
  }
  const inheritedOf = (other: object): Method | undefined => {
    let at: object | null = Object.getPrototypeOf(other);
    while (
      at !== null &&
      !types.isProxy(at) &&
      Object.getOwnPropertyDescriptor(at, name)?.value === overriding
    ) {
      at = Object.getPrototypeOf(at);
    }
    return at === null
      ? undefined
      : (methodOf(at, name) ?? (Reflect.get(at, name, other) as Method | undefined));
  };
  const { enumerable = false } = own ?? {};
  Object.defineProperty(object, name, { value: overriding, configurable: true, enumerable, writable: true });
}
