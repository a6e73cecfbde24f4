import type { Sender, Session } from "rhea";
import { type Answered, answerOf } from "../answer.js";
import { type Outgoing, sessionInside } from "../rhea.js";
import type { TransferHead } from "./transfer-frames.js";

/** What the other end said of the deliveries `first` to `last`. */
export type Answers = (first: number, last: number, answer: Answered) => void;

/** rhea does not wrap delivery ids and transfer ids, which have 32 bits: well before, a session is left for a new one. */
const LAST_ID = 2 ** 31;

interface SenderInside {
  credit: number;
  delivery_count: number;
  readonly local: { readonly handle: number };
  readonly remote: { readonly attach?: { readonly target?: unknown } };
}

const senderInside = (sender: Sender): SenderInside => sender as unknown as SenderInside;

/**
 * A sender of rhea's, the only one of its session, whose transfers are written elsewhere and whose answers are heard
 * here. rhea begins and attaches, keeps credit and window, and ends; by itself it makes some ten objects and four
 * buffers for a message, which cost more than all else.
 */
export class RheaSender {
  readonly sender: Sender;
  readonly #link: SenderInside;
  readonly #outgoing: Outgoing;
  /** Of the last delivery. */
  readonly #head: { -readonly [Field in keyof TransferHead]: TransferHead[Field] };

  /**
   * Of a session that has sent nothing yet.
   *
   * @param settled whether what is sent gets no answer.
   */
  constructor(session: Session, sender: Sender, settled: boolean, answered: Answers) {
    const { outgoing, local } = sessionInside(session);
    this.sender = sender;
    this.#link = senderInside(sender);
    this.#outgoing = outgoing;
    this.#head = {
      channel: local.channel,
      handle: this.#link.local.handle,
      id: 0,
      format: 0,
      settled,
    };
    outgoing.on_disposition = ({ first, last, settled: isSettled, state }) => {
      const answer = answerOf(state);
      if (isSettled || answer.outcome !== "other") answered(first, last ?? first, answer);
    };
  }

  /** How many transfers of one frame may be sent now. */
  get room(): number {
    // Of a flow that does not say all it should, rhea's credit is no number.
    const credit = this.#link.credit || 0;
    return this.isUsedUp ? 0 : Math.max(0, Math.min(credit, LAST_ID - this.nextId, this.window));
  }

  /** How many frames the session takes now. */
  get window(): number {
    // Before the first flow it is not a number.
    return this.#outgoing.transfer_window() || 0;
  }

  /** The other end has closed the window of the whole session, as RabbitMQ does under an alarm. */
  get isBlocked(): boolean {
    return this.#outgoing.remote_window === 0;
  }

  /** It takes nothing more for want of ids. */
  get isUsedUp(): boolean {
    return this.#outgoing.next_delivery_id >= LAST_ID || this.#outgoing.next_transfer_id >= LAST_ID;
  }

  /** Of the delivery that comes next. */
  get nextId(): number {
    return this.#outgoing.next_delivery_id;
  }

  /** Counts a delivery as sent, but for its frames. The head is good until the next one. */
  next(format: number): TransferHead {
    this.#head.id = this.#outgoing.next_delivery_id++;
    this.#head.format = format;
    this.#outgoing.next_pending_delivery++;
    this.#link.credit--;
    this.#link.delivery_count++;
    return this.#head;
  }

  /** Gives all credit back, for a peer that asks for it. */
  drain(): void {
    // Of a peer that has taken back more than was left, rhea would count for ever.
    if (this.#link.credit >= 0) this.sender.set_drained(true);
  }

  /** Counts a frame of it as sent. */
  countFrame(): void {
    this.#outgoing.next_transfer_id++;
    this.#outgoing.window--;
  }
}

/** Calls back after each flow of the session, also one that names no link: rhea has no event for that. */
export function onFlow(session: Session, listener: () => void): void {
  const own = sessionInside(session);
  const { on_flow: original } = own;
  own.on_flow = (frame) => {
    original.call(session, frame);
    listener();
  };
}

/** A peer that refuses a link attaches it without a target, and detaches it then with the reason. */
export function isRefused(sender: Sender): boolean {
  const target = senderInside(sender).remote.attach?.target;
  // rhea leaves a null in the middle of the frame in its wrapping.
  return !target || (target as { readonly value?: unknown }).value === null;
}
