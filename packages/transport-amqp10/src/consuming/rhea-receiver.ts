import type { Receiver, Session } from "rhea";
import type { FlowState } from "./frames.js";

/** What rhea 3.0.5 keeps to itself and a receiver needs. */
interface SessionInside {
  readonly incoming: Incoming;
  readonly outgoing: { readonly next_transfer_id: number; readonly window: number };
  readonly local: { readonly channel: number };
  readonly remote: { readonly channel?: number };
}

interface Incoming {
  next_transfer_id: number;
  max_transfer_id: number;
  readonly window: number;
  on_disposition(fields: DispositionSeen): void;
}

interface ReceiverInside {
  readonly local: { readonly handle: number };
  readonly remote: { readonly attach?: { readonly initial_delivery_count?: number } };
  on_flow(frame: { readonly performative: { readonly link_credit?: number } }): void;
}

/** What the other end says of deliveries. */
export interface DispositionSeen {
  readonly first: number;
  readonly last?: number;
  readonly settled?: boolean;
  readonly state?: unknown;
}

/**
 * A receiver of rhea's that is attached, the only one of its session, whose transfers are read and whose frames are
 * written elsewhere. rhea begins and attaches and ends.
 */
export class RheaReceiver {
  readonly receiver: Receiver;
  /** Of the session: at this end, and at the other. */
  readonly channel: number;
  readonly remoteChannel: number;
  readonly handle: number;
  /** How many deliveries the other end counts before the first: any number of 32 bits. */
  readonly initialDeliveryCount: number;
  readonly #session: SessionInside;
  /** Since the last flow. */
  #frames = 0;

  /** @param flowed called with the credit that a flow of the link names. */
  constructor(
    session: Session,
    receiver: Receiver,
    listener: { flowed(credit: number): void; answered(disposition: DispositionSeen): void },
  ) {
    const own = session as unknown as SessionInside;
    const link = receiver as unknown as ReceiverInside;
    this.receiver = receiver;
    this.channel = own.local.channel;
    this.remoteChannel = own.remote.channel ?? 0;
    this.handle = link.local.handle;
    // rhea begins at 0, whatever the other end says.
    this.initialDeliveryCount = link.remote.attach?.initial_delivery_count ?? 0;
    this.#session = own;
    link.on_flow = ({ performative }) => listener.flowed(performative.link_credit ?? 0);
    own.incoming.on_disposition = (disposition) => listener.answered(disposition);
  }

  /** Counts a frame against the session's window. */
  countFrame(): void {
    const { incoming } = this.#session;
    // RabbitMQ begins a few ids before the last of 32 bits.
    incoming.next_transfer_id = (incoming.next_transfer_id + 1) >>> 0;
    this.#frames++;
  }

  /** Half of the session's window is used up: a flow opens it anew. */
  get isWindowLow(): boolean {
    return this.#frames >= this.#session.incoming.window / 2;
  }

  /** The session's part of a flow, which is then written. */
  flowState(): FlowState {
    const { incoming, outgoing } = this.#session;
    this.#frames = 0;
    incoming.max_transfer_id = incoming.next_transfer_id + incoming.window;
    return {
      nextIncomingId: incoming.next_transfer_id,
      incomingWindow: incoming.window,
      nextOutgoingId: outgoing.next_transfer_id >>> 0,
      outgoingWindow: outgoing.window,
    };
  }
}
