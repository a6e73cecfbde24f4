import { types } from "node:util";
import { bytesOf, errorFieldNames, maxDepth, property } from "../event/plain-json.js";
import { isError } from "../realm.js";

const truncated = "[Truncated]";

/**
 * A copy in plain JSON values, so that an event shows what was there at the time of the call. Takes the forms of
 * `plainJson`, and its markers, within about `maxBytes`: what does not fit is neither read nor copied.
 */
export function snapshot(value: unknown, maxBytes: number): unknown {
  return new Copy(maxBytes).of(value);
}

class Copy {
  #room: number;
  readonly #ancestors: object[] = [];

  constructor(maxBytes: number) {
    this.#room = maxBytes;
  }

  of(value: unknown): unknown {
    if (typeof value === "string") return this.#text(value);
    if (typeof value === "bigint") return this.#text(String(value));
    if (typeof value === "object" && value !== null) return this.#guarded(value);
    this.#room -= 4;
    return typeof value === "function" || typeof value === "symbol" ? undefined : value;
  }

  #guarded(value: object): unknown {
    if (this.#ancestors.includes(value)) return "[Circular]";
    if (this.#ancestors.length === maxDepth) return "[Too deep]";
    this.#ancestors.push(value);
    this.#room -= 2;
    try {
      return this.#object(value);
    } catch {
      return "[Unreadable]";
    } finally {
      this.#ancestors.pop();
    }
  }

  #text(text: string): string {
    const kept = fitting(text, this.#room);
    this.#room -= kept.length === text.length ? Buffer.byteLength(kept) : this.#room;
    return kept;
  }

  #object(value: object): unknown {
    // Before toJSON: that of a Buffer is a list of numbers, those of HTTP clients' errors hold the credentials.
    if (isError(value)) return this.#error(value);
    const bytes = bytesOf(value);
    if (bytes !== undefined) return this.#base64(bytes);
    const { toJSON } = value as { toJSON?: unknown };
    if (typeof toJSON !== "function") return this.#content(value);
    const result: unknown = toJSON.call(value, "");
    return typeof result === "object" && result !== null ? this.#content(result) : this.of(result);
  }

  #content(value: object): unknown {
    if (Array.isArray(value) || types.isSet(value) || types.isTypedArray(value)) return this.#list(value);
    if (types.isMap(value)) return this.#map(value);
    if (types.isBoxedPrimitive(value)) return this.of(value.valueOf());
    return this.#fields(value, Object.keys(value));
  }

  #error(error: Error): object {
    return this.#fields(error, errorFieldNames(error));
  }

  #base64(bytes: Buffer): string {
    const end = Math.floor(Math.max(0, this.#room) / 4) * 3;
    const text = bytes.toString("base64", 0, end);
    this.#room -= text.length;
    return bytes.length > end ? `${text}…${truncated}` : text;
  }

  #list(list: Iterable<unknown>): unknown[] {
    const items: unknown[] = [];
    for (const item of list) {
      if (this.#room <= 0) {
        items.push(truncated);
        break;
      }
      items.push(this.of(item) ?? null);
    }
    return items;
  }

  #map(map: ReadonlyMap<unknown, unknown>): unknown {
    const fields: Fields = {};
    for (const [name, value] of map) {
      if (typeof name !== "string") return this.#list(map);
      if (!this.#put(fields, name, value)) break;
    }
    return fields;
  }

  #fields(value: object, names: readonly string[]): Fields {
    const fields: Fields = {};
    for (const name of names) {
      if (!this.#put(fields, name, this.#room > 0 ? property(value, name) : undefined)) break;
    }
    return fields;
  }

  /** Whether there was room for it. */
  #put(fields: Fields, name: string, value: unknown): boolean {
    if (this.#room <= 0) {
      fields["…"] = truncated;
      return false;
    }
    const key = this.#text(name);
    const content = this.of(value);
    // Assigned, it would be the prototype and not a field.
    if (key === "__proto__") Object.defineProperty(fields, key, { value: content, enumerable: true });
    else fields[key] = content;
    return true;
  }
}

type Fields = Record<string, unknown>;

/** The text, cut to so many bytes of UTF-8, with a marker where it was cut. */
function fitting(text: string, maxBytes: number): string {
  // A UTF-16 unit is three bytes at most.
  if (text.length * 3 <= maxBytes) return text;
  if (text.length <= maxBytes && Buffer.byteLength(text) <= maxBytes) return text;
  const room = Math.max(0, maxBytes);
  const start = Buffer.from(text.slice(0, room)).toString("utf8", 0, room);
  return `${start.replace(/\uFFFD+$/, "")}…${truncated}`;
}
