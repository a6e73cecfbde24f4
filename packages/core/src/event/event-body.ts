import { putSlice } from "../buffer/bytes.js";
import { encodeEvent, encodeOddEvent, MOST_TEXT } from "./encode-event.js";
import type { StreamllEvent } from "./event.js";
import { FULL, JsonWriter, ODD } from "./json-writer.js";

/** The JSON of an event on its way into the buffer. */
export interface EventBody {
  /** Its length in bytes. */
  readonly bytes: number;
  /** Writes it and returns its length. It may be called once, or after {@link keep}. */
  put(target: Buffer, at: number): number;
  /** Makes the body one that can be put again and again. */
  keep(): void;
}

/** A body that is text. */
export function textBody(text: string): EventBody {
  const bytes = Buffer.byteLength(text);
  // If each character is one byte, copying is enough.
  const encoding = bytes === text.length ? "latin1" : "utf8";
  return { bytes, put: (target, at) => target.write(text, at, encoding), keep() {} };
}

/** Events of up to this size are written without a text in between, in bytes. */
const LARGEST_WRITTEN = 128 * 1024;

/** A getter of an event may hand over another event, and that one's the next: so many in one another are encoded. */
const MOST_NESTED = 4;

/** How many are being encoded, by all sinks: a getter may hand an event over to each of them. */
let nested = 0;

/** Encodes the events of a sink. */
export class BodyEncoder {
  readonly #limit: number;
  #writer: JsonWriter | undefined;
  /** The body whose bytes are in the writer's memory. */
  #written: WrittenBody | undefined;

  /** @param limit As of {@link encodeEvent}. */
  constructor(limit = MOST_TEXT) {
    this.#limit = limit;
  }

  /** The body of an event. It never throws, and has the JSON of {@link encodeEvent}. */
  encode(event: StreamllEvent): EventBody {
    if (nested > 0) return textBody(this.text(event));
    nested++;
    try {
      return this.#encode(event);
    } finally {
      nested--;
    }
  }

  /** The JSON of an event, as {@link encodeEvent} returns it. */
  text(event: StreamllEvent): string {
    nested++;
    try {
      return encodeEvent(nested > MOST_NESTED ? { ...event, data: tooDeep, tags: {} } : event, this.#limit);
    } finally {
      nested--;
    }
  }

  #encode(event: StreamllEvent): EventBody {
    this.#writer ??= new JsonWriter(LARGEST_WRITTEN);
    this.#written?.leave();
    this.#written = undefined;
    const bytes = written(this.#writer, event, Math.min(this.#limit, LARGEST_WRITTEN));
    if (bytes === FULL) return textBody(encodeEvent(event, this.#limit));
    if (bytes === ODD) return textBody(encodeOddEvent(event, this.#limit));
    this.#written = new WrittenBody(this.#writer.memory, bytes);
    return this.#written;
  }
}

const tooDeep = { value: "[Too deep]" };

/** A getter or a proxy that throws makes an event odd. */
function written(writer: JsonWriter, event: StreamllEvent, values: number): number {
  try {
    return writer.write(event, values);
  } catch {
    return ODD;
  }
}

/** A body in the writer's memory, until the next one is written there. */
class WrittenBody implements EventBody {
  readonly bytes: number;
  #memory: Buffer | undefined;
  #isKept = false;

  constructor(memory: Buffer, bytes: number) {
    this.#memory = memory;
    this.bytes = bytes;
  }

  put(target: Buffer, at: number): number {
    putSlice(target, at, this.#memory!, 0, this.bytes);
    if (!this.#isKept) this.#memory = undefined;
    return this.bytes;
  }

  /** Leaves the writer's memory, if the body is still to be put elsewhere. */
  leave(): void {
    if (this.#memory !== undefined && !this.#isKept) this.#memory = this.#copy(this.#memory);
  }

  keep(): void {
    this.#memory &&= this.#copy(this.#memory);
    this.#isKept = true;
  }

  #copy(memory: Buffer): Buffer {
    return Buffer.from(memory.subarray(0, this.bytes));
  }
}
