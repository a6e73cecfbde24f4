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
import { cutFairly } from "./fair-share.js";
import { truncated, truncateText } from "./truncate-text.js";

/** This many times `maxBytes` is copied at first, so that there is enough to divide fairly. */
const readFactor = 8;
/** A copy may exceed `maxBytes` by this much without being cut again just for its markers. */
const markerBytes = 32;

/**
 * Copies a value to plain JSON values, so that an event shows what it was at the time of the call. Uses the formats and
 * markers of `plainJson` within about `maxBytes` of JSON. Of a larger value each part gets its share, a chat keeps its
 * newest messages, and no more than a few times `maxBytes` is read. Getters and proxies are not run, as their code is
 * the program's: they are shown as `"[Getter]"` and `"[Unreadable]"`.
 */
export function snapshot(value: unknown, maxBytes: number): unknown {
  if (typeof value !== "object" || value === null) return new Copy(maxBytes).of(value);
  const copying = new Copy(maxBytes * readFactor, maxBytes - 2);
  const copy = copying.of(value);
  return copying.used <= maxBytes + markerBytes ? copy : cutFairly(copy, maxBytes);
}

/** Collects values that come one by one, within `maxBytes` together. */
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

  /** Pieces of text are joined; other values are a list. */
  get content(): string | readonly unknown[] | undefined {
    if (this.#values.length === 0) return undefined;
    return this.#values.every((value) => typeof value === "string") ? this.#values.join("") : this.#values;
  }
}

class Copy {
  #room: number;
  readonly #ancestors: object[] = [];
  readonly #maxBytes: number;
  readonly #maxText: number;

  /** @param maxText The limit for each single text or buffer. */
  constructor(maxBytes: number, maxText = maxBytes) {
    this.#room = maxBytes;
    this.#maxBytes = maxBytes;
    this.#maxText = maxText;
  }

  /** About how many bytes of JSON the copy takes. */
  get used(): number {
    return this.#maxBytes - this.#room;
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
    const { kept, bytes } = truncateText(text, Math.min(this.#room, this.#maxText));
    // The full size is counted, even beyond the room: the text is cut again if others need the room.
    this.#room -= bytes + 2;
    return kept;
  }

  #object(value: object): unknown {
    // Before `toJSON` is used: a Buffer's is a list of numbers, and those of HTTP clients' errors contain credentials.
    if (isError(value)) return this.#content(errorFields(value));
    const bytes = bytesOf(value);
    if (bytes !== undefined) return this.#base64(bytes);
    const form = formOf(value, methodOf(value, "toJSON"), "");
    return typeof form === "object" && form !== null ? this.#content(form) : this.of(form);
  }

  #content(value: object): unknown {
    if (types.isProxy(value)) return this.#text("[Unreadable]");
    if (Array.isArray(value)) {
      const at = (index: number) => held(value, index);
      return isChat(value) ? this.#chat(value.length, at) : this.#list(value.length, at);
    }
    if (types.isTypedArray(value)) return this.#list(lengthOf(value), (index) => value[index]);
    if (types.isMap(value) && isDictionary(value, this.#room)) return this.#dictionary(value);
    if (types.isMap(value) || types.isSet(value)) return this.#items(entriesOf(value));
    if (types.isBoxedPrimitive(value)) return this.of(unboxed(value));
    return this.#fields(value);
  }

  #base64(bytes: Buffer): string {
    const end = Math.floor(Math.max(0, Math.min(this.#room, this.#maxText)) / 4) * 3;
    const text = bytes.toString("base64", 0, end);
    this.#room -= text.length + 2;
    return bytes.length > end ? `${text}…${truncated}` : text;
  }

  #list(length: number, at: (index: number) => unknown): unknown[] {
    const items: unknown[] = [];
    for (let index = 0; index < length; index++) if (!this.add(items, () => at(index))) break;
    return items;
  }

  /** Keeps the first message, which says what the chat is about, and the newest ones. */
  #chat(length: number, at: (index: number) => unknown): unknown[] {
    const first: unknown[] = [];
    this.add(first, () => at(0));
    const last: unknown[] = [];
    for (let index = length - 1; index > 0; index--) if (!this.add(last, () => at(index))) break;
    return [...first, ...last.reverse()];
  }

  #items(entries: Iterable<unknown>): unknown[] {
    const items: unknown[] = [];
    for (const entry of entries) if (!this.add(items, () => entry)) break;
    return items;
  }

  /** Returns whether there was room for the item. */
  add(items: unknown[], item: () => unknown): boolean {
    const fits = this.#room > 0;
    if (items.length > 0) this.#room -= 1;
    items.push(fits ? (this.of(item()) ?? null) : truncated);
    return fits;
  }

  /** Adds a piece of a text; the pieces together need only one pair of quotes. */
  addPiece(items: unknown[], piece: string): boolean {
    if (this.#room <= 0) return this.add(items, () => piece);
    const { kept, bytes } = truncateText(piece, this.#room);
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
    const names = Object.keys(value);
    for (const [index, name] of names.entries()) {
      const read = () => held(value, name);
      const isLast = index === names.length - 1;
      if (!(isLast ? this.#put(fields, name, read) : this.#leavingRoom(() => this.#put(fields, name, read))))
        break;
    }
    return fields;
  }

  /** Copies a field into at most half of the remaining room. */
  #leavingRoom<T>(copy: () => T): T {
    const kept = Math.floor(Math.max(0, this.#room) / 2);
    this.#room -= kept;
    try {
      return copy();
    } finally {
      this.#room += kept;
    }
  }

  /** Returns whether there was room for the field. */
  #put(fields: Fields, name: string, read: () => unknown): boolean {
    if (this.#room <= 0) {
      fields["…"] = truncated;
      return false;
    }
    const key = this.#text(name);
    this.#room -= 2;
    const content = this.of(read());
    // Assigning it would set the prototype.
    if (key === "__proto__") Object.defineProperty(fields, key, { value: content, enumerable: true });
    else fields[key] = content;
    return true;
  }
}

type Fields = Record<string, unknown>;

/** Whether it is a list of chat messages, of any client. */
function isChat(list: readonly unknown[]): boolean {
  if (list.length < 3) return false;
  const last = held(list, list.length - 1);
  if (typeof last !== "object" || last === null || types.isProxy(last)) return false;
  // OpenAI, Anthropic, Google and AI SDK have a role; LangChain's messages have content and a name.
  return (
    typeof held(last, "role") === "string" || (Object.hasOwn(last, "content") && Object.hasOwn(last, "name"))
  );
}

/** The value of a data field, or a marker in place of a getter. */
function held(holder: object, key: string | number): unknown {
  const descriptor = Object.getOwnPropertyDescriptor(holder, key);
  return descriptor?.get === undefined ? descriptor?.value : "[Getter]";
}
