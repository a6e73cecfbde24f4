import { types } from "node:util";
import { maxDepth } from "../event/plain-json.js";
import {
  bytesOf,
  digitsOf,
  entriesOf,
  errorFields,
  formOf,
  isDictionary,
  lengthOf,
  unboxed,
} from "../event/shapes.js";
import { methodOf } from "../fields.js";
import { isError } from "../realm.js";

const truncated = "[Truncated]";

/**
 * A copy in plain JSON values, so that an event shows what was there at the time of the call. Takes the forms of
 * `plainJson`, and its markers, within about `maxBytes` of JSON: what does not fit is neither read nor copied. Nor is
 * what a getter or a proxy would compute, which is the program's work: they are shown as `"[Getter]"` and
 * `"[Unreadable]"`.
 */
export function snapshot(value: unknown, maxBytes: number): unknown {
  return new Copy(maxBytes).of(value);
}

/** Values that come one by one, within `maxBytes` together. */
export class Excerpt {
  readonly #copying: Copy;
  readonly #values: unknown[] = [];
  #whole = true;

  constructor(maxBytes: number) {
    this.#copying = new Copy(maxBytes - 2);
  }

  add(value: unknown): void {
    if (!this.#whole) return;
    this.#whole =
      typeof value === "string"
        ? this.#copying.addPiece(this.#values, value)
        : this.#copying.add(this.#values, () => value);
  }

  /** Pieces of text as one, other values as a list. */
  get content(): string | readonly unknown[] | undefined {
    if (this.#values.length === 0) return undefined;
    return this.#values.every((value) => typeof value === "string") ? this.#values.join("") : this.#values;
  }
}

class Copy {
  #room: number;
  readonly #ancestors: object[] = [];

  constructor(maxBytes: number) {
    this.#room = maxBytes;
  }

  of(value: unknown): unknown {
    if (typeof value === "string") return this.#text(value);
    if (typeof value === "bigint") return this.#text(digitsOf(value, this.#room) ?? truncated);
    if (typeof value === "object" && value !== null) return this.#guarded(value);
    this.#room -= typeof value === "number" ? String(value).length : 4;
    return typeof value === "function" || typeof value === "symbol" ? undefined : value;
  }

  #guarded(value: object): unknown {
    if (types.isProxy(value)) return this.#text("[Unreadable]");
    if (this.#ancestors.includes(value)) return this.#text("[Circular]");
    if (this.#ancestors.length === maxDepth) return this.#text("[Too deep]");
    this.#ancestors.push(value);
    this.#room -= 2;
    try {
      return this.#object(value);
    } catch {
      return this.#text("[Unreadable]");
    } finally {
      this.#ancestors.pop();
    }
  }

  #text(text: string): string {
    const { kept, bytes } = fitting(text, this.#room);
    this.#room -= bytes + 2;
    return kept;
  }

  #object(value: object): unknown {
    // Before toJSON: that of a Buffer is a list of numbers, those of HTTP clients' errors hold the credentials.
    if (isError(value)) return this.#content(errorFields(value));
    const bytes = bytesOf(value);
    if (bytes !== undefined) return this.#base64(bytes);
    const form = formOf(value, methodOf(value, "toJSON"), "");
    return typeof form === "object" && form !== null ? this.#content(form) : this.of(form);
  }

  #content(value: object): unknown {
    if (types.isProxy(value)) return this.#text("[Unreadable]");
    if (Array.isArray(value)) return this.#list(value.length, (index) => held(value, index));
    if (types.isTypedArray(value)) return this.#list(lengthOf(value), (index) => value[index]);
    if (types.isMap(value) && isDictionary(value, this.#room)) return this.#dictionary(value);
    if (types.isMap(value) || types.isSet(value)) return this.#items(entriesOf(value));
    if (types.isBoxedPrimitive(value)) return this.of(unboxed(value));
    return this.#fields(value);
  }

  #base64(bytes: Buffer): string {
    const end = Math.floor(Math.max(0, this.#room) / 4) * 3;
    const text = bytes.toString("base64", 0, end);
    this.#room -= text.length + 2;
    return bytes.length > end ? `${text}…${truncated}` : text;
  }

  #list(length: number, at: (index: number) => unknown): unknown[] {
    const items: unknown[] = [];
    for (let index = 0; index < length; index++) if (!this.add(items, () => at(index))) break;
    return items;
  }

  #items(entries: Iterable<unknown>): unknown[] {
    const items: unknown[] = [];
    for (const entry of entries) if (!this.add(items, () => entry)) break;
    return items;
  }

  /** Whether there was room for it. */
  add(items: unknown[], item: () => unknown): boolean {
    const fits = this.#room > 0;
    if (items.length > 0) this.#room -= 1;
    items.push(fits ? (this.of(item()) ?? null) : truncated);
    return fits;
  }

  /** Of a text that comes in pieces, which has one pair of quotes in the end. */
  addPiece(items: unknown[], piece: string): boolean {
    if (this.#room <= 0) return this.add(items, () => piece);
    const { kept, bytes } = fitting(piece, this.#room);
    this.#room -= Math.max(1, bytes);
    items.push(kept);
    return kept === piece;
  }

  #dictionary(map: ReadonlyMap<unknown, unknown>): Fields {
    const fields: Fields = {};
    for (const [name, value] of entriesOf(map)) if (!this.#put(fields, String(name), () => value)) break;
    return fields;
  }

  #fields(value: object): Fields {
    const fields: Fields = {};
    for (const name of Object.keys(value)) if (!this.#put(fields, name, () => held(value, name))) break;
    return fields;
  }

  /** Whether there was room for it. */
  #put(fields: Fields, name: string, read: () => unknown): boolean {
    if (this.#room <= 0) {
      fields["…"] = truncated;
      return false;
    }
    const key = this.#text(name);
    this.#room -= 2;
    const content = this.of(read());
    // Assigned, it would be the prototype and not a field.
    if (key === "__proto__") Object.defineProperty(fields, key, { value: content, enumerable: true });
    else fields[key] = content;
    return true;
  }
}

type Fields = Record<string, unknown>;

/** What the object holds there, or a marker where a getter would compute it. */
function held(holder: object, key: string | number): unknown {
  const descriptor = Object.getOwnPropertyDescriptor(holder, key);
  return descriptor?.get === undefined ? descriptor?.value : "[Getter]";
}

/** The text, cut to so many bytes of JSON, with a marker where it was cut. */
function fitting(text: string, maxBytes: number): { readonly kept: string; readonly bytes: number } {
  let bytes = 0;
  for (let at = 0; at < text.length; at++) {
    const size = sizeAt(text, at);
    if (bytes + size > maxBytes) {
      // By way of bytes, as a slice would hold the whole text in memory.
      const start = Buffer.from(text.slice(0, at)).toString();
      return { kept: `${start}…${truncated}`, bytes: Math.max(0, maxBytes) };
    }
    bytes += size;
    if (size === 4) at++;
  }
  return { kept: text, bytes };
}

/** How many bytes of JSON the character at this place takes. */
function sizeAt(text: string, at: number): number {
  const code = text.charCodeAt(at);
  if (code < 0x80) {
    if (code >= 0x20) return code === 0x22 || code === 0x5c ? 2 : 1;
    return code === 0x0a || code === 0x09 || code === 0x0d || code === 0x08 || code === 0x0c ? 2 : 6;
  }
  if (code < 0x800) return 2;
  return (text.codePointAt(at) as number) > 0xffff ? 4 : 3;
}
