import { types } from "node:util";
import { dataOf } from "../fields.js";

// These read objects of built-in classes by the language's own methods, as those of a subclass are the program's code.

/**
 * What `toJSON` returns in place of the object; the object itself if it has none. The result of an async `toJSON` cannot
 * be shown.
 */
export function formOf(value: object, toJSON: unknown, key: string): unknown {
  if (typeof toJSON !== "function") return value;
  const form: unknown = Reflect.apply(toJSON, value, [key]);
  if (!types.isPromise(form)) return form;
  disown(form);
  return "[Unreadable]";
}

/** The `toJSON` of an object, of whatever kind. */
export function toJsonOf(value: { toJSON?: unknown }): unknown {
  const { toJSON } = value;
  if (toJSON !== undefined && types.isPromise(toJSON)) disownComputed(value, "toJSON", toJSON);
  return toJSON;
}

/** Whether an object is JSON as text, which Node 22 and later have. */
export function isRawJson(value: object): boolean {
  const { isRawJSON } = JSON as { isRawJSON?: (value: object) => boolean };
  return isRawJSON?.(value) ?? false;
}

/** The value of a field, or a marker if reading it throws. */
export function property(holder: object, key: string | number): unknown {
  try {
    const value: unknown = holder[key as keyof typeof holder];
    if (types.isPromise(value)) disownComputed(holder, key, value);
    return value;
  } catch {
    return "[Getter threw]";
  }
}

/** A promise that a getter returned was created by our read, so that the program cannot handle its rejection. */
export function disownComputed(holder: object, key: string | number, promise: Promise<unknown>): void {
  const descriptor = Object.getOwnPropertyDescriptor(holder, key);
  if (descriptor === undefined || descriptor.get !== undefined) disown(promise);
}

/** Handles the rejection of a promise that only we hold. */
function disown(promise: Promise<unknown>): void {
  Reflect.apply(Promise.prototype.then, promise, [undefined, () => {}]);
}

type View = NodeJS.ArrayBufferView;

const typedArray = Object.getPrototypeOf(Uint8Array.prototype) as Uint8Array;

/** The language's own getter of that name. */
function intrinsic<T, V>(prototype: object, name: string): (value: T) => V {
  const { get } = Object.getOwnPropertyDescriptor(prototype, name) as { get(): V };
  return (value) => Reflect.apply(get, value, []) as V;
}

export const lengthOf = intrinsic<NodeJS.TypedArray, number>(typedArray, "length");

const viewOf = (prototype: object) => ({
  buffer: intrinsic<View, ArrayBufferLike>(prototype, "buffer"),
  byteOffset: intrinsic<View, number>(prototype, "byteOffset"),
  byteLength: intrinsic<View, number>(prototype, "byteLength"),
});

const bytesView = viewOf(typedArray);
const dataView = viewOf(DataView.prototype);

/** The bytes of a buffer or view. */
export function bytesOf(value: object): Buffer | undefined {
  if (types.isAnyArrayBuffer(value)) return Buffer.from(value);
  if (!types.isUint8Array(value) && !types.isDataView(value)) return undefined;
  const view = types.isDataView(value) ? dataView : bytesView;
  return Buffer.from(view.buffer(value), view.byteOffset(value), view.byteLength(value));
}

export function entriesOf(map: ReadonlyMap<unknown, unknown>): Iterable<[unknown, unknown]>;
export function entriesOf(
  collection: ReadonlySet<unknown> | ReadonlyMap<unknown, unknown>,
): Iterable<unknown>;
export function entriesOf(collection: object): Iterable<unknown> {
  const iterate = types.isMap(collection) ? Map.prototype.entries : Set.prototype.values;
  return Reflect.apply<object, [], Iterable<unknown>>(iterate, collection, []);
}

/** Whether all keys are strings, among as many as may be shown. */
export function isDictionary(map: ReadonlyMap<unknown, unknown>, most: number): boolean {
  let seen = 0;
  for (const [key] of entriesOf(map)) {
    if (typeof key !== "string") return false;
    if (++seen > most) break;
  }
  return true;
}

const boxes = [String, Number, Boolean, BigInt, Symbol] as const;

export function unboxed(value: object): unknown {
  for (const { prototype } of boxes) {
    try {
      return Reflect.apply(prototype.valueOf, value, []);
    } catch {
      // It is a box of another type.
    }
  }
  return undefined;
}

/** The decimal digits; `undefined` if there would be more than `most`, as millions of digits take seconds. */
export function digitsOf(value: bigint, most: number): string | undefined {
  const bits = Math.min(Math.max(64, Math.ceil(most * 3.33)), 2 ** 24);
  return BigInt.asIntN(bits, value) === value ? String(value) : undefined;
}

/** What is shown of an error, of which most is not enumerable: its fields as any logger reads them, and no other. */
export function errorFields(error: Error): object {
  const fields: Record<string, unknown> = {};
  for (const name of ["name", "message", "stack", "code"])
    if (name in error) fields[name] = property(error, name);
  for (const name of ["cause", "errors"]) {
    const value = dataOf(error, name);
    if (value !== undefined || Object.hasOwn(error, name)) fields[name] = value;
  }
  return fields;
}
