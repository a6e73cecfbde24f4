import { putBytes } from "../buffer/bytes.js";
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

/** Where the JSON of an event is written, by all sinks in turn. */
let memory: Buffer | undefined;
/** The body that lies there. */
let written: WrittenBody | undefined;

/** Beginnings of the memory by their lengths: to make one takes as long as to copy an ordinary event. */
const beginnings = new Array<Buffer | undefined>(2048);

/** A getter of an event may hand over another event, and that one's the next: so many in one another are encoded. */
const MOST_NESTED = 4;

/** How many are being encoded, by all sinks: a getter may hand an event over to each of them. */
let nested = 0;

/** Encodes the events of a sink. */
export class BodyEncoder {
  readonly #limit: number;
  #writer: JsonWriter | undefined;

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
    memory ??= Buffer.allocUnsafeSlow(LARGEST_WRITTEN);
    this.#writer ??= new JsonWriter(memory);
    written?.leave();
    written = undefined;
    const bytes = lengthOf(this.#writer, event, Math.min(this.#limit, LARGEST_WRITTEN));
    if (bytes === FULL) return textBody(encodeEvent(event, this.#limit));
    if (bytes === ODD) return textBody(encodeOddEvent(event, this.#limit));
    written = new WrittenBody(beginningOf(memory, bytes));
    return written;
  }
}

function beginningOf(memory: Buffer, bytes: number): Buffer {
  const kept = beginnings[bytes];
  if (kept !== undefined) return kept;
  const beginning = memory.subarray(0, bytes);
  if (bytes < beginnings.length) beginnings[bytes] = beginning;
  return beginning;
}

const tooDeep = { value: "[Too deep]" };

/** A getter or a proxy that throws makes an event odd. */
function lengthOf(writer: JsonWriter, event: StreamllEvent, values: number): number {
  try {
    return writer.write(event, values);
  } catch {
    return ODD;
  }
}

/** A body in the memory, until the next one is written there. */
class WrittenBody implements EventBody {
  readonly bytes: number;
  #json: Buffer | undefined;
  #isKept = false;

  constructor(json: Buffer) {
    this.#json = json;
    this.bytes = json.length;
  }

  put(target: Buffer, at: number): number {
    putBytes(target, at, this.#json!);
    if (!this.#isKept) this.#json = undefined;
    return this.bytes;
  }

  /** Leaves the memory, if the body is still to be put elsewhere. */
  leave(): void {
    if (!this.#isKept) this.#json &&= Buffer.from(this.#json);
  }

  keep(): void {
    this.leave();
    this.#isKept = true;
  }
}
