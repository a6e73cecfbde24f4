import type { Sender, Session } from "rhea";
import { creditLimit, departed, sessionInside } from "./rhea.js";

/** rhea does not wrap delivery ids and transfer ids, which have 32 bits: well before, a session is left for a new one. */
const LAST_ID = 2 ** 31;

/** What a link may send now, by its credit, the window of its session and the ids that are left. */
export class SendWindow {
  readonly #session: Session;
  readonly #sender: Sender;
  #sent = 0;

  constructor(session: Session, sender: Sender) {
    this.#session = session;
    this.#sender = sender;
  }

  /** Transfers that can go now without waiting in rhea. */
  get capacity(): number {
    if (!this.#sender.sendable() || this.isUsedUp) return 0;
    const { outgoing } = sessionInside(this.#session);
    const inRhea = this.#sent - departed(this.#sender);
    return Math.min(
      creditLimit(this.#sender) - this.#sent,
      LAST_ID - outgoing.next_delivery_id,
      outgoing.transfer_window() - inRhea,
    );
  }

  /** Its session has no ids left. */
  get isUsedUp(): boolean {
    const { outgoing } = sessionInside(this.#session);
    return outgoing.next_delivery_id >= LAST_ID || outgoing.next_transfer_id >= LAST_ID;
  }

  /** The other end has closed the window of the whole session, as RabbitMQ does under an alarm. */
  get isClosed(): boolean {
    return sessionInside(this.#session).outgoing.remote_window === 0;
  }

  get nextId(): number {
    return sessionInside(this.#session).outgoing.next_delivery_id;
  }

  /** Sends one transfer, and gives its delivery id. */
  send(payload: Buffer, format: number): number {
    this.#sent++;
    return this.#sender.send(payload, undefined, format).id;
  }
}
