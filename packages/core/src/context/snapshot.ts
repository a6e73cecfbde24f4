import { types } from "node:util";
import { maxDepth } from "../event/plain-json.js";

const truncated = "[Truncated]";

/**
 * A copy in plain JSON values, so that an event shows what was there at the time of the call. Takes the forms of
 * `plainJson`, and its markers, within `maxBytes`: what does not fit is cut, and neither read nor copied.
 */
export function snapshot(value: unknown, maxBytes: number): unknown {
  const ancestors: object[] = [];
  let room = maxBytes;

  function copy(value: unknown): unknown {
    if (typeof value === "string") return copyText(value);
    if (typeof value === "bigint") return copyText(String(value));
    if (typeof value !== "object" || value === null) {
      room -= 4;
      return typeof value === "function" || typeof value === "symbol" ? undefined : value;
    }
    if (ancestors.includes(value)) return "[Circular]";
    if (ancestors.length === maxDepth) return "[Too deep]";
    ancestors.push(value);
    room -= 2;
    try {
      return copyObject(value);
    } catch {
      return "[Unreadable]";
    } finally {
      ancestors.pop();
    }
  }

  function copyText(text: string): string {
    const fits = fitting(text, room);
    room -= Buffer.byteLength(fits);
    return fits;
  }

  function copyObject(value: object): unknown {
    if (Array.isArray(value)) return copyList(value);
    // Before toJSON: that of a Buffer is a list of numbers, those of HTTP clients' errors hold the credentials.
    if (value instanceof Error || types.isNativeError(value)) return copyError(value);
    const bytes = bytesOf(value);
    if (bytes !== undefined) return copyBytes(bytes);
    const { toJSON } = value as { toJSON?: unknown };
    if (typeof toJSON !== "function") return copyContent(value);
    const result: unknown = toJSON.call(value, "");
    return typeof result === "object" && result !== null && result !== value
      ? copyContent(result)
      : copy(result);
  }

  function copyContent(value: object): unknown {
    if (types.isMap(value)) return copyMap(value);
    if (Array.isArray(value) || types.isSet(value) || types.isTypedArray(value)) return copyList(value);
    if (types.isBoxedPrimitive(value)) return copy(value.valueOf());
    return copyFields(value, Object.keys(value));
  }

  function copyError(error: Error): object {
    const names = ["name", "message", "stack", "code", "cause", "errors"].filter((name) => name in error);
    return copyFields(error, names);
  }

  function copyBytes(bytes: Buffer): string {
    const fitting = Math.max(0, Math.floor(room / 4) * 3);
    const text = bytes.toString("base64", 0, fitting);
    room -= text.length;
    return bytes.length > fitting ? `${text}…${truncated}` : text;
  }

  function copyMap(map: ReadonlyMap<unknown, unknown>): unknown {
    for (const key of map.keys()) if (typeof key !== "string") return copyList(map);
    const fields: Record<string, unknown> = {};
    for (const [name, value] of map as ReadonlyMap<string, unknown>) {
      if (!put(fields, name, value)) break;
    }
    return fields;
  }

  function copyList(list: Iterable<unknown>): unknown[] {
    const items: unknown[] = [];
    for (const item of list) {
      if (room <= 0) {
        items.push(truncated);
        break;
      }
      items.push(copy(item) ?? null);
    }
    return items;
  }

  function copyFields(value: object, names: readonly string[]): object {
    const fields: Record<string, unknown> = {};
    for (const name of names) if (!put(fields, name, property(value, name))) break;
    return fields;
  }

  /** Whether there was room for it. */
  function put(fields: Record<string, unknown>, name: string, value: unknown): boolean {
    const fits = room > 0;
    room -= name.length;
    const [key, content] = fits ? [fitting(name, maxBytes), copy(value)] : ["…", truncated];
    // Assigned, `__proto__` would be the prototype and not a field.
    if (key !== "__proto__") fields[key] = content;
    else Object.defineProperty(fields, key, { value: content, enumerable: true });
    return fits;
  }

  return copy(value);
}

/** The text, cut to so many bytes of UTF-8, with a marker where it was cut. */
export function fitting(text: string, maxBytes: number): string {
  // A character is three bytes at most.
  if (text.length * 3 <= maxBytes) return text;
  if (text.length <= maxBytes && Buffer.byteLength(text) <= maxBytes) return text;
  const start = Buffer.from(text.slice(0, Math.max(0, maxBytes))).subarray(0, Math.max(0, maxBytes));
  return `${start.toString().replace(/\uFFFD+$/, "")}…${truncated}`;
}

/** What a field holds, or a marker where reading it throws. */
export function property(holder: object, name: string): unknown {
  try {
    return holder[name as keyof typeof holder];
  } catch {
    return "[Getter threw]";
  }
}

function bytesOf(value: object): Buffer | undefined {
  if (types.isAnyArrayBuffer(value)) return Buffer.from(value);
  if (types.isUint8Array(value) || types.isDataView(value)) {
    return Buffer.from(value.buffer, value.byteOffset, value.byteLength);
  }
  return undefined;
}
