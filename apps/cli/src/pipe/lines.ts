import { isUtf8 } from "node:buffer";

/** No event is longer, and a longer line must not fill the memory. */
const MAX_LINE_BYTES = 16 * 1024 * 1024;

/** A line that is not empty, or the problem with it. */
export type Line =
  | { readonly number: number; readonly text: string; readonly bytes: number }
  | { readonly number: number; readonly problem: string };

const LF = 0x0a;

/** Cuts one source's chunks into lines. Holds at most one unfinished line, of a bounded length. */
export class LineCutter {
  readonly #maxBytes: number;
  #number = 0;
  #parts: Buffer[] = [];
  /** Length of the unfinished line, even where it is too long to be kept. */
  #bytes = 0;

  constructor(maxBytes = MAX_LINE_BYTES) {
    this.#maxBytes = maxBytes;
  }

  *push(chunk: Buffer): Generator<Line> {
    let from = 0;
    for (let to = chunk.indexOf(LF); to >= 0; to = chunk.indexOf(LF, from)) {
      this.#add(chunk.subarray(from, to));
      yield* this.end();
      from = to + 1;
    }
    this.#add(chunk.subarray(from));
  }

  /** The last line, where no newline ends it. */
  *end(): Generator<Line> {
    const [parts, bytes] = [this.#parts, this.#bytes];
    this.#parts = [];
    this.#bytes = 0;
    const number = ++this.#number;
    if (bytes > this.#maxBytes) {
      yield { number, problem: `longer than ${this.#maxBytes.toLocaleString("en")} bytes` };
      return;
    }
    const line = parts.length === 1 ? parts[0]! : Buffer.concat(parts);
    if (!isUtf8(line)) {
      yield { number, problem: "not UTF-8" };
      return;
    }
    // Removes the CR of Windows and a byte order mark: JavaScript counts both as white space.
    const text = line.toString("utf8").trim();
    if (text !== "") yield { number, text, bytes };
  }

  #add(part: Buffer): void {
    this.#bytes += part.length;
    if (this.#bytes > this.#maxBytes) this.#parts = [];
    else if (part.length > 0) this.#parts.push(part);
  }
}
