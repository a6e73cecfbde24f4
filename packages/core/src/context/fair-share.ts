import { truncated, truncateText } from "./truncate-text.js";

/** If each message of a chat would get fewer bytes, the messages after the first are dropped, oldest first. */
const minMessageBytes = 128;
/** If each item of a list would get fewer bytes, the last items are dropped. */
const minItemBytes = 64;
const minFieldBytes = 32;

/**
 * Cuts a plain value to about `maxBytes` of JSON without letting one part take the room of another: small parts stay
 * whole, and large ones are cut to the same size.
 */
export function cutFairly(value: unknown, maxBytes: number): unknown {
  return new FairCut().cut(value, maxBytes);
}

type Fields = Record<string, unknown>;

class FairCut {
  readonly #sizes = new Map<object, number>();

  cut(value: unknown, room: number): unknown {
    if (this.#sizeOf(value) <= room) return value;
    if (typeof value === "string") return cutText(value, room);
    if (Array.isArray(value)) return isChat(value) ? this.#chat(value, room) : this.#list(value, room);
    if (typeof value === "object" && value !== null) return this.#fields(value as Fields, room);
    return value;
  }

  #list(items: readonly unknown[], room: number): unknown[] {
    const sizes = items.map((item) => this.#sizeOf(item));
    const least = sizes.map((size) => Math.min(size, minItemBytes) + 1);
    const count = countWithin(least, room - 1);
    const share = shareOf(sizes.slice(0, count), room - 1 - count);
    const kept = items.slice(0, count).map((item) => this.cut(item, share));
    return count < items.length ? [...kept, truncated] : kept;
  }

  #chat(messages: readonly unknown[], room: number): unknown[] {
    const most = Math.max(2, Math.floor(room / minMessageBytes));
    if (messages.length <= most) return this.#list(messages, room);
    const newest = messages.slice(messages.length - most + 1);
    return this.#list([messages[0], truncated, ...newest], room);
  }

  #fields(fields: Fields, room: number): Fields {
    const entries = Object.entries(fields);
    const names = entries.map(([name]) => sizeOfText(name) + 2);
    const sizes = entries.map(([, value]) => this.#sizeOf(value));
    const least = sizes.map((size, index) => Math.min(size, minFieldBytes) + names[index]!);
    const count = countWithin(least, room - 1);
    const forNames = names.slice(0, count).reduce((sum, size) => sum + size, 1);
    const share = shareOf(sizes.slice(0, count), room - forNames);
    const kept: Fields = {};
    for (const [name, value] of entries.slice(0, count)) {
      const content = this.cut(value, share);
      // Assigning it would set the prototype.
      if (name === "__proto__") Object.defineProperty(kept, name, { value: content, enumerable: true });
      else kept[name] = content;
    }
    if (count < entries.length) kept["…"] = truncated;
    return kept;
  }

  /** The size in bytes of JSON. */
  #sizeOf(value: unknown): number {
    if (typeof value === "string") return sizeOfText(value);
    if (typeof value !== "object" || value === null) return String(value).length;
    const known = this.#sizes.get(value);
    if (known !== undefined) return known;
    let size = 2;
    if (Array.isArray(value)) for (const item of value) size += this.#sizeOf(item) + 1;
    else {
      for (const [name, content] of Object.entries(value)) {
        size += sizeOfText(name) + 2 + this.#sizeOf(content);
      }
    }
    this.#sizes.set(value, size);
    return size;
  }
}

/** The largest size for one part with which all fit: smaller parts leave the rest of their share to the others. */
function shareOf(sizes: readonly number[], room: number): number {
  const rising = [...sizes].sort((a, b) => a - b);
  let left = Math.max(0, room);
  for (const [index, size] of rising.entries()) {
    const share = left / (rising.length - index);
    if (size > share) return Math.floor(share);
    left -= size;
  }
  return Number.POSITIVE_INFINITY;
}

/** How many parts, counted from the first, fit into the room. */
function countWithin(sizes: readonly number[], room: number): number {
  let left = room;
  for (const [index, size] of sizes.entries()) {
    left -= size;
    if (left < 0) return index;
  }
  return sizes.length;
}

const sizeOfText = (text: string): number => truncateText(text, Number.POSITIVE_INFINITY).bytes + 2;

const cutText = (text: string, room: number): string => {
  // The text may have been cut before.
  const whole = text.endsWith(`…${truncated}`) ? text.slice(0, -truncated.length - 1) : text;
  const { kept } = truncateText(whole, Math.max(0, room));
  return kept.endsWith(truncated) ? kept : `${kept}…${truncated}`;
};

function isChat(items: readonly unknown[]): boolean {
  const last = items.at(-1);
  return (
    typeof last === "object" && last !== null && ("role" in last || ("content" in last && "name" in last))
  );
}
