// Beside each file of events lies a file of marks: what was settled of it, and which of its events a broker that
// deduplicates knows by another id than their index. A mark is
//   index (f64), count (u32), checksum of the other fields (u32), id (f64; 0: settled, -1: the broker does not know it)
export const MARK_BYTES = 24;

/** The id of an event that the broker does not know, although it may know ids above its index. */
export const UNSENT = -1;

/** Marks that are not written yet. Consecutive events that were settled are one mark. */
export class MarkBuilder {
  #bytes = Buffer.allocUnsafeSlow(64 * MARK_BYTES);
  #end = 0;
  #from = 0;
  #count = 0;

  settled(index: number): void {
    if (this.#count > 0 && this.#from + this.#count === index) {
      this.#count++;
      return;
    }
    this.#closeRun();
    this.#from = index;
    this.#count = 1;
  }

  numbered(index: number, id: number): void {
    this.#closeRun();
    this.#put(index, 1, id);
  }

  /** Takes the oldest marks out, as many as `most` bytes hold: none is an empty buffer. */
  take(most = Number.POSITIVE_INFINITY): Buffer {
    this.#closeRun();
    const length = Math.min(this.#end, Math.floor(most / MARK_BYTES) * MARK_BYTES);
    const taken = Buffer.from(this.#bytes.subarray(0, length));
    this.#bytes.copyWithin(0, length, this.#end);
    this.#end -= length;
    return taken;
  }

  #closeRun(): void {
    if (this.#count > 0) this.#put(this.#from, this.#count, 0);
    this.#count = 0;
  }

  #put(index: number, count: number, id: number): void {
    if (this.#end === this.#bytes.length)
      this.#bytes = Buffer.concat([this.#bytes, this.#bytes], 2 * this.#bytes.length);
    this.#bytes.writeDoubleLE(index, this.#end);
    this.#bytes.writeUInt32LE(count, this.#end + 8);
    this.#bytes.writeDoubleLE(id, this.#end + 16);
    this.#bytes.writeUInt32LE(checksum(this.#bytes, this.#end), this.#end + 12);
    this.#end += MARK_BYTES;
  }
}

/** FNV-1a over the words: a call of `crc32` costs more than a mark. */
function checksum(bytes: Buffer, at: number): number {
  let sum = 0x811c9dc5;
  for (const word of [0, 4, 8, 16, 20]) sum = Math.imul(sum ^ bytes.readUInt32LE(at + word), 0x01000193);
  return (sum ^ (sum >>> 15)) >>> 0;
}

/** What the marks of a file say. A mark that is cut or damaged says nothing: its events may be sent twice. */
export class Marks {
  /** Ranges without overlap, in order, once they are {@link #merged}. */
  #ranges: { from: number; to: number }[] = [];
  #isMerged = true;
  readonly #ids = new Map<number, number>();
  #at = 0;

  /** Adds marks that were read: whole ones. */
  add(bytes: Buffer): void {
    for (let at = 0; at + MARK_BYTES <= bytes.length; at += MARK_BYTES) {
      if (bytes.readUInt32LE(at + 12) !== checksum(bytes, at)) continue;
      const from = bytes.readDoubleLE(at);
      const id = bytes.readDoubleLE(at + 16);
      if (id !== 0) this.#ids.set(from, id);
      else {
        this.#ranges.push({ from, to: from + bytes.readUInt32LE(at + 8) });
        this.#isMerged = false;
      }
    }
  }

  /** How many events are settled. */
  get count(): number {
    return this.#merged().reduce((sum, { from, to }) => sum + to - from, 0);
  }

  /** Whether the event is settled. Asked for rising indices, it takes constant time. */
  isSettled(index: number): boolean {
    const ranges = this.#merged();
    if (this.#at > 0 && index < ranges[this.#at - 1]!.to) this.#at = 0;
    while (this.#at < ranges.length && ranges[this.#at]!.to <= index) this.#at++;
    return this.#at < ranges.length && ranges[this.#at]!.from <= index;
  }

  /** The id by which the broker knows the event, or {@link UNSENT}; 0 if it is the index. */
  idOf(index: number): number {
    return this.#ids.get(index) ?? 0;
  }

  #merged(): readonly { from: number; to: number }[] {
    if (this.#isMerged) return this.#ranges;
    const merged: { from: number; to: number }[] = [];
    for (const { from, to } of this.#ranges.sort((a, b) => a.from - b.from)) {
      const last = merged.at(-1);
      if (last !== undefined && from <= last.to) last.to = Math.max(last.to, to);
      else merged.push({ from, to });
    }
    this.#ranges = merged;
    this.#isMerged = true;
    this.#at = 0;
    return merged;
  }
}
