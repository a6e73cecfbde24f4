const FIRST_SLOTS = 256;

/** The state of waiting events: an array per field, with one number per slot. The arrays are replaced as they grow. */
export class Columns {
  /** Increases from event to event, in the order of acceptance. */
  order = new Float64Array(FIRST_SLOTS);
  /** When the event was accepted, in monotonic milliseconds. */
  acceptedAt = new Float64Array(FIRST_SLOTS);
  /** 0 until the event is numbered. */
  sequence = new Float64Array(FIRST_SLOTS);
  segment = new Uint32Array(FIRST_SLOTS);
  /** The offset of the record in its segment. */
  offset = new Uint32Array(FIRST_SLOTS);
  recordBytes = new Uint32Array(FIRST_SLOTS);
  bodyBytes = new Uint32Array(FIRST_SLOTS);
  /** The flight that the event is in, 0 for none. Outcomes of other flights are ignored. */
  flight = new Float64Array(FIRST_SLOTS);
  /** The entry of the event's execution in the lane affinity. */
  execution = new Uint32Array(FIRST_SLOTS);
  tries = new Uint32Array(FIRST_SLOTS);
  flags = new Uint16Array(FIRST_SLOTS);
  /** The file of the spool that holds the event too, 0 for none. */
  spoolFile = new Uint32Array(FIRST_SLOTS);
  /** The id by which a broker that deduplicates would know the event, as the spool notes it; 0 if that is its index. */
  spoolId = new Float64Array(FIRST_SLOTS);

  grow(): void {
    this.order = doubled(this.order, Float64Array);
    this.acceptedAt = doubled(this.acceptedAt, Float64Array);
    this.sequence = doubled(this.sequence, Float64Array);
    this.segment = doubled(this.segment, Uint32Array);
    this.offset = doubled(this.offset, Uint32Array);
    this.recordBytes = doubled(this.recordBytes, Uint32Array);
    this.bodyBytes = doubled(this.bodyBytes, Uint32Array);
    this.flight = doubled(this.flight, Float64Array);
    this.execution = doubled(this.execution, Uint32Array);
    this.tries = doubled(this.tries, Uint32Array);
    this.flags = doubled(this.flags, Uint16Array);
    this.spoolFile = doubled(this.spoolFile, Uint32Array);
    this.spoolId = doubled(this.spoolId, Float64Array);
  }
}

function doubled<T extends Float64Array | Uint32Array | Uint16Array>(
  array: T,
  make: new (size: number) => T,
): T {
  const grown = new make(2 * array.length);
  grown.set(array);
  return grown;
}
