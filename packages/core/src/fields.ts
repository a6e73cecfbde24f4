import { types } from "node:util";

// Looks into the program's values without running its code: a getter may begin a request, consume a stream or throw,
// and so may any trap of a proxy.

/** What the object itself holds, not what a getter of it would compute. */
export function ownData(holder: object, key: PropertyKey): unknown {
  return types.isProxy(holder) ? undefined : Object.getOwnPropertyDescriptor(holder, key)?.value;
}

/** What the object holds or inherits. */
export function dataOf(holder: object, key: PropertyKey): unknown {
  for (let at: object | null = holder; at !== null && !types.isProxy(at); at = Object.getPrototypeOf(at)) {
    const descriptor = Object.getOwnPropertyDescriptor(at, key);
    if (descriptor !== undefined) return descriptor.value;
  }
  return undefined;
}

export type Method = (this: unknown, ...args: unknown[]) => unknown;

export function methodOf(holder: object, key: PropertyKey): Method | undefined {
  const value = dataOf(holder, key);
  return typeof value === "function" ? (value as Method) : undefined;
}
