const FIRST_SLOTS = 256;
const LARGE = 64 * 1024;

/** The state of waiting events: an array per field, with one number per slot. The arrays are replaced as they grow. */
export class Columns {
  /** Increases from event to event, in the order of acceptance. */
  order = new Float64Array(FIRST_SLOTS);
  /** When the event was accepted, in monotonic milliseconds. */
  acceptedAt = new Float64Array(FIRST_SLOTS);
  /** 0 until the event is numbered. */
  sequence = new Float64Array(FIRST_SLOTS);
  segment = new Uint32Array(FIRST_SLOTS);
  /** The offset of the record in its segment; of a free slot, the slot that was freed before it. */
  offset = new Uint32Array(FIRST_SLOTS);
  recordBytes = new Uint32Array(FIRST_SLOTS);
  /** Of the bodies of a run, with a byte between one and the next. */
  bodyBytes = new Uint32Array(FIRST_SLOTS);
  /** The flight that the event is in, 0 for none. Outcomes of other flights are ignored. */
  flight = new Float64Array(FIRST_SLOTS);
  /** The entry of the event's execution in the lane affinity. */
  execution = new Uint32Array(FIRST_SLOTS);
  tries = new Uint32Array(FIRST_SLOTS);
  /** How many events share the slot: several for a run, see `EventLog.join`, and 0 for a message that is made of others. */
  events = new Uint32Array(FIRST_SLOTS);
  /** Events of one kind may share a message; 0 where each has its own. */
  kind = new Uint32Array(FIRST_SLOTS);
  flags = new Uint16Array(FIRST_SLOTS);
  /** The file of the spool that holds the event too, 0 for none. */
  spoolFile = new Uint32Array(FIRST_SLOTS);
  /** The id by which a broker that deduplicates would know the event, as the spool notes it; 0 if that is its index. */
  spoolId = new Float64Array(FIRST_SLOTS);

  /** Gives a slot the state of another. */
  copy(from: number, to: number): void {
    this.order[to] = this.order[from]!;
    this.acceptedAt[to] = this.acceptedAt[from]!;
    this.sequence[to] = this.sequence[from]!;
    this.segment[to] = this.segment[from]!;
    this.offset[to] = this.offset[from]!;
    this.recordBytes[to] = this.recordBytes[from]!;
    this.bodyBytes[to] = this.bodyBytes[from]!;
    this.flight[to] = this.flight[from]!;
    this.execution[to] = this.execution[from]!;
    this.tries[to] = this.tries[from]!;
    this.events[to] = this.events[from]!;
    this.kind[to] = this.kind[from]!;
    this.flags[to] = this.flags[from]!;
    this.spoolFile[to] = this.spoolFile[from]!;
    this.spoolId[to] = this.spoolId[from]!;
  }

  grow(): void {
    this.order = grown(this.order, Float64Array);
    this.acceptedAt = grown(this.acceptedAt, Float64Array);
    this.sequence = grown(this.sequence, Float64Array);
    this.segment = grown(this.segment, Uint32Array);
    this.offset = grown(this.offset, Uint32Array);
    this.recordBytes = grown(this.recordBytes, Uint32Array);
    this.bodyBytes = grown(this.bodyBytes, Uint32Array);
    this.flight = grown(this.flight, Float64Array);
    this.execution = grown(this.execution, Uint32Array);
    this.tries = grown(this.tries, Uint32Array);
    this.events = grown(this.events, Uint32Array);
    this.kind = grown(this.kind, Uint32Array);
    this.flags = grown(this.flags, Uint16Array);
    this.spoolFile = grown(this.spoolFile, Uint32Array);
    this.spoolId = grown(this.spoolId, Float64Array);
  }
}

/** A large one grows by a quarter: what it does not use is memory that the program lacks. */
function grown<T extends Float64Array | Uint32Array | Uint16Array>(
  array: T,
  make: new (size: number) => T,
): T {
  const { length } = array;
  const larger = new make(length < LARGE ? 2 * length : length + length / 4);
  larger.set(array);
  return larger;
}
