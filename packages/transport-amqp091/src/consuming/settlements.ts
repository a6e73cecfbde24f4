import type { Delivery, SettlementOutcome, Verdict } from "@streamll/core";

type Told = (outcome: SettlementOutcome) => void;

/** What is to be written of the settlements of a turn, and who is to be told. */
export interface Settled {
  readonly bytes: Buffer;
  readonly told: readonly Told[];
}

// Class basic; the last byte of each method are its bits: "multiple" and "requeue" of nack, "requeue" of reject.
const ACK = 80;
const REJECT = 90;
const NACK = 120;
const ACK_MULTIPLE = 1;
const NACK_REQUEUE = 2;
const REJECT_REQUEUE = 1;

/** Class and method, delivery tag, bits. */
const PAYLOAD_BYTES = 4 + 8 + 1;
/** With head and end. */
const FRAME_BYTES = 7 + PAYLOAD_BYTES + 1;

/** A delivery, and by what its channel knows it. */
type TaggedDelivery = Delivery & { readonly tag: number };

/** The deliveries of one channel that are not settled, and what is to be written of those that are. */
export class Settlements {
  readonly #channel: number;
  /** By tag, in the order in which they came, which is that of the tags. */
  readonly #open = new Map<number, TaggedDelivery>();
  /** Tags that are done, and not yet written. */
  #done: number[] = [];
  /** Methods, tags and bits of those that are given back or dead, one after another. */
  #others: number[] = [];
  #told: Told[] = [];
  #isUrgent = false;

  constructor(channel: number) {
    this.#channel = channel;
  }

  get isWaiting(): boolean {
    return this.#told.length > 0;
  }

  /**
   * Whether nobody waits for what is not taken, the broker included.
   *
   * @param most what may count against the window before it does.
   */
  canWait(most: number): boolean {
    return !this.#isUrgent && this.#open.size + this.#told.length <= most;
  }

  open(delivery: TaggedDelivery): void {
    this.#open.set(delivery.tag, delivery);
  }

  /** `false` for one that is settled, or of another subscription: a second settlement would end the channel (406). */
  settle(delivery: Delivery, verdict: Verdict, told: Told): boolean {
    // Of another transport it has none.
    const { tag } = delivery as TaggedDelivery;
    if (this.#open.get(tag) !== delivery) return false;
    this.#open.delete(tag);
    this.#told.push(told);
    if (verdict.kind !== "done" || verdict.lazy !== true) this.#isUrgent = true;
    if (verdict.kind === "done") this.#done.push(tag);
    // From 4.3 on a reject counts against the limit of a quorum queue, and a nack does not. Before, both do.
    else if (verdict.kind === "again" && !verdict.failed) this.#others.push(NACK, tag, NACK_REQUEUE);
    else this.#others.push(REJECT, tag, verdict.kind === "again" ? REJECT_REQUEUE : 0);
    return true;
  }

  /** All that was settled since the last call. */
  take(): Settled {
    const done = this.#done;
    const others = this.#others;
    const told = this.#told;
    this.#done = [];
    this.#others = [];
    this.#told = [];
    this.#isUrgent = false;
    return { bytes: this.#frames(done, others), told };
  }

  /** Who waits for what was not taken, once nothing can be written any more. */
  abandon(): readonly Told[] {
    this.#open.clear();
    return this.take().told;
  }

  /**
   * What is not done goes first: of what comes before the oldest open one, the rest is then done, and one
   * acknowledgement "multiple" says so.
   */
  #frames(done: readonly number[], others: readonly number[]): Buffer {
    const [oldest = Number.POSITIVE_INFINITY] = this.#open.keys();
    let last = 0;
    const single: number[] = [];
    for (const tag of done) {
      if (tag > oldest) single.push(tag);
      else if (tag > last) last = tag;
    }
    const count = others.length / 3 + single.length + (last > 0 ? 1 : 0);
    const frames = Buffer.allocUnsafe(count * FRAME_BYTES);
    let at = 0;
    for (let index = 0; index < others.length; index += 3)
      at = this.#put(frames, at, others[index]!, others[index + 1]!, others[index + 2]!);
    if (last > 0) at = this.#put(frames, at, ACK, last, ACK_MULTIPLE);
    for (const tag of single) at = this.#put(frames, at, ACK, tag, 0);
    return frames;
  }

  #put(frames: Buffer, start: number, method: number, tag: number, bits: number): number {
    let at = frames.writeUInt8(1, start);
    at = frames.writeUInt16BE(this.#channel, at);
    at = frames.writeUInt32BE(PAYLOAD_BYTES, at);
    at = frames.writeUInt16BE(60, at);
    at = frames.writeUInt16BE(method, at);
    at = frames.writeUInt32BE(Math.floor(tag / 0x1_0000_0000), at);
    at = frames.writeUInt32BE(tag >>> 0, at);
    at = frames.writeUInt8(bits, at);
    return frames.writeUInt8(0xce, at);
  }
}
