import { types } from "node:util";
import { isError } from "../realm.js";
import {
  bytesOf,
  digitsOf,
  entriesOf,
  errorFields,
  formOf,
  isDictionary,
  isRawJson,
  lengthOf,
  property,
  toJsonOf,
  unboxed,
} from "./shapes.js";

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
 * | cycle, throwing getter, throwing or async `toJSON`, hostile proxy, too deep, past the limit | `"[Circular]"` `"[Getter threw]"` `"[Unreadable]"` `"[Unreadable]"` `"[Too deep]"` `"[Truncated]"` |
 *
 * `undefined` for what `JSON.stringify` leaves out.
 *
 * @param limit About so many characters are written. What is left out for that is not read, and the JSON is longer.
 */
export function plainJson(value: unknown, limit: number): string | undefined {
  const ancestors: object[] = [];
  let room = limit;

  function write(value: unknown, key: string): string | undefined {
    const json = typeof value === "object" && value !== null ? writeObject(value, key) : primitive(value);
    room -= json === undefined ? 1 : typeof value === "object" ? 2 : json.length;
    return json;
  }

  function primitive(value: unknown): string | undefined {
    if (typeof value === "string") return quoted(value.length > room ? cut(value) : value);
    if (typeof value === "bigint")
      return quoted(digitsOf(value, room) ?? cut("…".repeat(Math.max(1, room + 1))));
    return JSON.stringify(value);
  }

  /** Writes a text that exceeds the limit by itself only up to the limit. */
  function cut(text: string): string {
    return `${text.slice(0, Math.max(0, room) + 1)}…[Truncated]`;
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
    // Before `toJSON` is used: a Buffer's is a list of numbers, and those of HTTP clients' errors contain credentials.
    if (isError(value)) return writeFields(errorFields(value));
    const bytes = bytesOf(value);
    if (bytes !== undefined) return write(base64(bytes), key);
    if (isRawJson(value)) return JSON.stringify(value);
    const form = formOf(value, toJsonOf(value), key);
    return typeof form === "object" && form !== null ? writeContent(form, key) : primitive(form);
  }

  function base64(bytes: Buffer): string {
    const end = Math.ceil((Math.max(0, room) + 1) / 4) * 3;
    return bytes.toString("base64", 0, end);
  }

  function writeContent(value: object, key: string): string | undefined {
    if (Array.isArray(value)) return writeList(value.length, (index) => property(value, index));
    if (types.isTypedArray(value)) return writeList(lengthOf(value), (index) => value[index]);
    if (types.isMap(value) && isDictionary(value, room)) return writeDictionary(value);
    if (types.isMap(value) || types.isSet(value)) return writeItems(entriesOf(value));
    if (types.isBoxedPrimitive(value)) return write(unboxed(value), key);
    return writeFields(value);
  }

  function writeList(length: number, at: (index: number) => unknown): string {
    const items: string[] = [];
    for (let index = 0; index < length; index++) if (!add(items, () => at(index))) break;
    return `[${items.join(",")}]`;
  }

  function writeItems(entries: Iterable<unknown>): string {
    const items: string[] = [];
    for (const entry of entries) if (!add(items, () => entry)) break;
    return `[${items.join(",")}]`;
  }

  /** Whether there was room for it. */
  function add(items: string[], item: () => unknown): boolean {
    const fits = room > 0;
    items.push(fits ? (write(item(), String(items.length)) ?? "null") : '"[Truncated]"');
    return fits;
  }

  function writeDictionary(map: ReadonlyMap<unknown, unknown>): string {
    const fields: string[] = [];
    for (const [key, value] of entriesOf(map)) if (!put(fields, String(key), () => value)) break;
    return `{${fields.join(",")}}`;
  }

  function writeFields(value: object): string {
    const fields: string[] = [];
    for (const key of Object.keys(value)) if (!put(fields, key, () => property(value, key))) break;
    return `{${fields.join(",")}}`;
  }

  /** Whether there was room for it. */
  function put(fields: string[], key: string, read: () => unknown): boolean {
    if (room <= 0) {
      fields.push('"…":"[Truncated]"');
      return false;
    }
    const json = write(read(), key);
    if (json === undefined) return true;
    room -= key.length;
    fields.push(`${quoted(key)}:${json}`);
    return true;
  }

  return write(value, "");
}

function quoted(text: string): string {
  const json = JSON.stringify(text);
  return json.includes("\\ud") ? JSON.stringify(text.replace(/\p{Surrogate}/gu, "\uFFFD")) : json;
}
