import { types } from "node:util";
import { isError } from "../realm.js";

/** Levels of objects in objects. Python's parser ends at 1,000, and so does V8's stack at some point. */
export const maxDepth = 200;

/**
 * JSON as `JSON.stringify` writes it, for any value, without throwing. What JSON cannot hold takes a plain form:
 *
 * | value | form |
 * | --- | --- |
 * | bigint | decimal string |
 * | `Error` | `{ name, message, stack }`, with `code`, `cause` and `errors` where it has them |
 * | `Map` | an object if all its keys are strings, else a list of pairs |
 * | `Set`, typed array | a list |
 * | `Buffer`, `Uint8Array`, `ArrayBuffer`, `DataView` | base64 |
 * | lone surrogate | U+FFFD |
 * | cycle, throwing getter or `toJSON`, hostile proxy, too deep, past the limit | `"[Circular]"` `"[Getter threw]"` `"[Unreadable]"` `"[Too deep]"` `"[Truncated]"` |
 *
 * `undefined` for what `JSON.stringify` leaves out.
 *
 * @param limit About so many characters are written.
 */
export function plainJson(value: unknown, limit: number): string | undefined {
  const ancestors: object[] = [];
  let room = limit;

  function write(value: unknown, key: string): string | undefined {
    const json = typeof value === "object" && value !== null ? writeObject(value, key) : primitive(value);
    room -= json === undefined ? 1 : typeof value === "object" ? 2 : json.length;
    return json;
  }

  function writeObject(value: object, key: string): string | undefined {
    if (ancestors.includes(value)) return '"[Circular]"';
    if (ancestors.length === maxDepth) return '"[Too deep]"';
    ancestors.push(value);
    try {
      return writeForm(value, key);
    } catch {
      return '"[Unreadable]"';
    } finally {
      ancestors.pop();
    }
  }

  function writeForm(value: object, key: string): string | undefined {
    // Before toJSON: that of a Buffer is a list of numbers, those of HTTP clients' errors hold the credentials.
    if (isError(value)) return writeFields(errorFields(value));
    const bytes = bytesOf(value);
    if (bytes !== undefined) return write(bytes.toString("base64"), key);
    const { toJSON } = value as { toJSON?: unknown };
    if (typeof toJSON !== "function") return writeContent(value, key);
    const result: unknown = toJSON.call(value, key);
    return typeof result === "object" && result !== null ? writeContent(result, key) : primitive(result);
  }

  function writeContent(value: object, key: string): string | undefined {
    if (Array.isArray(value)) return writeList(value);
    if (types.isMap(value)) return writeMap(value);
    if (types.isSet(value)) return writeList([...value]);
    if (types.isTypedArray(value)) return writeList(value);
    if (types.isBoxedPrimitive(value)) return write(value.valueOf(), key);
    return writeFields(value);
  }

  function writeMap(map: ReadonlyMap<unknown, unknown>): string {
    const pairs = [...map];
    if (!pairs.every(([key]) => typeof key === "string")) return writeList(pairs);
    return writeFields(Object.fromEntries(pairs));
  }

  function writeList(list: ArrayLike<unknown>): string {
    const items: string[] = [];
    for (let i = 0; i < list.length; i++) {
      if (room <= 0) {
        items.push('"[Truncated]"');
        break;
      }
      items.push(write(property(list, i), String(i)) ?? "null");
    }
    return `[${items.join(",")}]`;
  }

  function writeFields(value: object): string {
    const fields: string[] = [];
    for (const key of Object.keys(value)) {
      if (room <= 0) {
        fields.push('"…":"[Truncated]"');
        break;
      }
      const json = write(property(value, key), key);
      if (json === undefined) continue;
      room -= key.length;
      fields.push(`${quoted(key)}:${json}`);
    }
    return `{${fields.join(",")}}`;
  }

  return write(value, "");
}

function primitive(value: unknown): string | undefined {
  if (typeof value === "string") return quoted(value);
  if (typeof value === "bigint") return `"${value}"`;
  return JSON.stringify(value);
}

function quoted(text: string): string {
  const json = JSON.stringify(text);
  return json.includes("\\ud") ? JSON.stringify(text.replace(/\p{Surrogate}/gu, "\uFFFD")) : json;
}

/** What a field holds, or a marker where reading it throws. */
export function property(holder: object, key: string | number): unknown {
  try {
    return holder[key as keyof typeof holder];
  } catch {
    return "[Getter threw]";
  }
}

function errorFields(error: Error): object {
  return Object.fromEntries(errorFieldNames(error).map((name) => [name, property(error, name)]));
}

/** What is shown of an error, of which most is not enumerable. */
export function errorFieldNames(error: Error): string[] {
  return ["name", "message", "stack", "code", "cause", "errors"].filter((name) => name in error);
}

/** Of what holds bytes. */
export function bytesOf(value: object): Buffer | undefined {
  if (types.isAnyArrayBuffer(value)) return Buffer.from(value);
  if (types.isUint8Array(value) || types.isDataView(value)) {
    return Buffer.from(value.buffer, value.byteOffset, value.byteLength);
  }
  return undefined;
}
