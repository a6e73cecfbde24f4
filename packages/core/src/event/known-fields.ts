/** Fields that are longer, with their value, are not kept, in bytes. */
export const LONGEST_FIELD = 64;
/** Names that come after so many are written as any other text. */
const MOST_FIELDS = 256;

/** Bytes of JSON, eight at a time. Eight bytes of UTF-8 are never a NaN, whose bits might change on the way. */
interface Words {
  readonly words: Float64Array;
  /** In bytes. */
  readonly length: number;
}

/** A field of earlier events: its JSON, beginning with one byte for what stands before it. */
export interface KnownField {
  readonly name: string;
  readonly start: Words;
  /** The text that it has had in every event so far, if it is short. */
  value: string | undefined;
  /** The field with that value. */
  readonly whole: Words;
  /** The one that came after it the last time. */
  next: KnownField | undefined;
}

/**
 * The fields that events have had. Most events have those of the event before them in the same order, and some, such as the
 * name of the module, with the same text: to copy them takes a quarter of what writing them anew does.
 */
export class KnownFields {
  readonly #byName = new Map<string, KnownField>();
  #last: KnownField = { name: "", start: none, value: undefined, whole: none, next: undefined };

  /** Whether one whose name, and what stands around it, has so many bytes can be kept. */
  takes(bytes: number): boolean {
    return bytes <= LONGEST_FIELD && this.#byName.size < MOST_FIELDS;
  }

  /** The field of this name, where one is known. */
  find(name: string): KnownField | undefined {
    const { next } = this.#last;
    const field = next?.name === name ? next : this.#byName.get(name);
    if (field !== undefined) {
      this.#last.next = field;
      this.#last = field;
    }
    return field;
  }

  /** @param start its name and what stands around that; `whole` goes on to the end of its value. */
  add(name: string, value: unknown, start: Buffer, whole: Buffer): void {
    const isShort = typeof value === "string" && whole.length <= LONGEST_FIELD;
    this.#byName.set(name, {
      name,
      start: wordsOf(start),
      value: isShort ? ownCopyOf(value) : undefined,
      whole: isShort ? wordsOf(whole) : none,
      next: undefined,
    });
  }
}

/** A text that was cut from another holds that one, however long; a key does not, and is compared as fast as a constant. */
const ownCopyOf = (text: string): string | undefined => Object.keys({ [text]: true })[0];

const none: Words = { words: new Float64Array(0), length: 0 };

function wordsOf(bytes: Buffer): Words {
  const padded = Buffer.alloc(8 * Math.ceil(bytes.length / 8));
  bytes.copy(padded);
  const words = Float64Array.from({ length: padded.length / 8 }, (_, index) =>
    padded.readDoubleLE(8 * index),
  );
  return { words, length: bytes.length };
}
