/**
 * Texts that are mostly the ones before: neighbours share them, and what is the same string is compared, and looked up in
 * a map, without a look at its characters.
 */
export class RepeatedText {
  #bytes: Buffer = Buffer.alloc(0);
  #text = "";

  /** The UTF-8 text from `start` to `end`. */
  read(bytes: Buffer, start: number, end: number): string {
    if (!isSame(this.#bytes, bytes, start, end)) {
      this.#bytes = Buffer.from(bytes.subarray(start, end));
      this.#text = bytes.toString("utf8", start, end);
    }
    return this.#text;
  }
}

/** A call of `compare` takes longer than this for texts that are as short as most. */
function isSame(known: Buffer, bytes: Buffer, start: number, end: number): boolean {
  const length = end - start;
  if (known.length !== length) return false;
  for (let at = 0; at < length; at++) if (known[at] !== bytes[start + at]) return false;
  return true;
}
