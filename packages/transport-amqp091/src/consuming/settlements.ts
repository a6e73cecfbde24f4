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
/** Of ack and nack. */
const MULTIPLE = 1;
const NACK_REQUEUE = 2;
const REJECT_REQUEUE = 1;

/** So many go back by one nack: more of them a quorum queue of 3.10 that has a limit mixes up, as Erlang does larger maps. */
const BACK_AT_ONCE = 32;
/** No more nacks than so many: behind 32 that a quorum queue has yet to take, RabbitMQ throws together what follows. */
const MOST_NACKS = 16;

/** Class and method, delivery tag, bits. */
const PAYLOAD_BYTES = 4 + 8 + 1;
/** With head and end. */
const FRAME_BYTES = 7 + PAYLOAD_BYTES + 1;

/** A delivery, and by what its channel knows it. */
type TaggedDelivery = Delivery & { readonly tag: number };

/** Of one delivery, or with the bit "multiple" of all up to it. */
interface Method {
  readonly method: typeof ACK | typeof NACK | typeof REJECT;
  readonly tag: number;
  readonly bits: number;
}

/** The deliveries of one channel that are not settled, and what is to be written of those that are. */
export class Settlements {
  readonly #channel: number;
  /** By tag, in the order in which they came, which is that of the tags. */
  readonly #open = new Map<number, TaggedDelivery>();
  /** Tags that are done, and not yet written. */
  #done: number[] = [];
  /** Of those that are given back, or dead. */
  #returned: Method[] = [];
  #told: Told[] = [];
  #isUrgent = false;

  constructor(channel: number) {
    this.#channel = channel;
  }

  /** How many are not settled. */
  get size(): number {
    return this.#open.size;
  }

  /** How many count against the window, as far as the broker was told. */
  get held(): number {
    return this.#open.size + this.#told.length;
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
    return !this.#isUrgent && this.held <= most;
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
    else if (verdict.kind === "again" && !verdict.failed)
      this.#returned.push({ method: NACK, tag, bits: NACK_REQUEUE });
    else this.#returned.push({ method: REJECT, tag, bits: verdict.kind === "again" ? REJECT_REQUEUE : 0 });
    return true;
  }

  /** All that was settled since the last call. */
  take(): Settled {
    const bytes = this.#frames(this.#done, this.#returned);
    const told = this.#told;
    this.#done = [];
    this.#returned = [];
    this.#told = [];
    this.#isUrgent = false;
    return { bytes, told };
  }

  /** Who waits for what was not taken, once nothing can be written any more. */
  abandon(): readonly Told[] {
    this.#open.clear();
    return this.take().told;
  }

  /**
   * What is not done goes first: of what comes before the oldest open one, the rest is then done, and one
   * acknowledgement "multiple" says so. Where several of these go back, a nack "multiple" says that: for each that
   * comes back by itself, a classic queue looks through all that have come back before. All go back in the order in which
   * they came, since a quorum queue hands them out in that in which they have come back.
   */
  #frames(done: readonly number[], returned: Method[]): Buffer {
    const [oldest = Number.POSITIVE_INFINITY] = this.#open.keys();
    returned.sort((one, other) => one.tag - other.tag);
    const failedTo = returned.findLast(({ tag, bits }) => tag < oldest && bits === REJECT_REQUEUE)?.tag ?? 0;
    const untried = returned.filter(({ method, tag }) => method === NACK && tag > failedTo && tag < oldest);
    const [first, last] = untried.length > 1 ? [untried[0]!.tag, untried.at(-1)!.tag] : [oldest, 0];
    let doneBefore = 0;
    let doneBehind = 0;
    const single: Method[] = [];
    for (const tag of done) {
      if (tag < first) doneBefore = Math.max(doneBefore, tag);
      else if (tag > last && tag < oldest) doneBehind = Math.max(doneBehind, tag);
      else single.push({ method: ACK, tag, bits: 0 });
    }
    const doneTo = (tag: number): Method[] => (tag > 0 ? [{ method: ACK, tag, bits: MULTIPLE }] : []);
    const atOnce = Math.max(BACK_AT_ONCE, Math.ceil(untried.length / MOST_NACKS));
    const isLastOfSome = ({ tag }: Method, at: number) => (at + 1) % atOnce === 0 || tag === last;
    const isBehind = ({ tag }: Method) => last > 0 && tag > last;
    const methods = [
      ...returned.filter((one) => !isBehind(one) && (last === 0 || one.tag < first || one.method === REJECT)),
      ...doneTo(doneBefore),
      ...single,
      ...(last > 0 ? untried.filter(isLastOfSome) : []).map((one) => ({
        ...one,
        bits: NACK_REQUEUE | MULTIPLE,
      })),
      ...returned.filter(isBehind),
      ...doneTo(doneBehind),
    ];
    const frames = Buffer.allocUnsafe(methods.length * FRAME_BYTES);
    let at = 0;
    for (const one of methods) at = this.#put(frames, at, one);
    return frames;
  }

  #put(frames: Buffer, start: number, { method, tag, bits }: Method): number {
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
