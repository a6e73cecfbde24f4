import type { Duplex } from "node:stream";
import type {
  Endpoint,
  LaneContext,
  OutboundMessage,
  PublishOutcome,
  TransportCapabilities,
  TransportError,
} from "@streamll/core";
import type { ConnectAttempt } from "@streamll/transport-kit";
import type { Connection } from "rhea";
import type { Payload } from "./payload.js";

/**
 * What differs from broker to broker that speaks AMQP 1.0: logging in, what must be there, how a message is
 * addressed and encoded, and what an answer means. Connection, links, credit, back-pressure and accounts know none
 * of it. One is made for a transport and serves all of its connections.
 */
export interface Dialect {
  /** The transport's. */
  readonly name: string;
  readonly capabilities: TransportCapabilities;
  /**
   * Begins a connect: asks for the credentials. Bounded by the transport.
   *
   * @throws TransportError
   */
  begin(endpoint: Endpoint, lane: LaneContext): Promise<Opening>;
  /**
   * The node that takes the message, as a link's target; `""` is the anonymous terminus, where each message says by
   * its `to` where it goes. There is one link for each address that was ever used on a connection, opened on demand.
   */
  addressOf(message: OutboundMessage): string;
  /** Opened with the connection, so that a missing node or right fails the connect. Absent: all are on demand. */
  readonly firstAddress?: string;
  /**
   * Makes transfers of messages of one address, in order, when the link is open. It may be asked for one after another,
   * each when it can be sent: a message is good until the next is asked for.
   */
  readonly encode: (
    messages: Iterable<[at: number, message: OutboundMessage]>,
    limits: LinkLimits,
  ) => Iterable<Encoded>;
  /** What became of the messages of a transfer that was not accepted; or why the connection must end over it. */
  outcomeOf(answer: Answer, label: string): PublishOutcome | { readonly ends: TransportError };
  /** Puts what ended a connection, a session or a link in the terms of the seam. */
  failure(fault: Fault, label: string): TransportError;
  /** Whether a message is one that the broker ended its session over, where it says so: it takes the others. */
  accused?(fault: Fault): ((message: OutboundMessage) => boolean) | undefined;
  /** Whether a link that ended so is silently opened again when it is next needed (detached when idle). */
  isIdleDetach?(fault: Fault): boolean;
}

/** One connect. */
export interface Opening {
  /** Opens the socket; it must not hold the process, and be destroyed when the signal aborts. */
  dial(attempt: ConnectAttempt): Promise<Duplex>;
  /** Absent: no SASL layer. */
  readonly sasl?: Sasl;
  /** The user that logs in, where that is known. */
  readonly user?: string;
  /** Of the open frame. */
  readonly hostname: string;
  /** What the broker does not say of an open that it refused, where that can be found out otherwise. */
  whyRefused?(fault: Fault, signal: AbortSignal): Promise<Fault | undefined>;
  /** Once the connection is open, and before any link: authenticates further, declares. @throws TransportError */
  ready?(open: OpenConnection): Promise<void>;
  /** Before a link to the address is attached, each time: a token for it. @throws TransportError */
  attaching?(address: string, open: OpenConnection): Promise<void>;
  /** Called with each answer other than accepted. */
  declined?(answer: Answer): void;
}

export interface Sasl {
  readonly mechanism: string;
  /** The initial response. */
  readonly response: Buffer;
}

/** What a dialect may use of an open connection. */
export interface OpenConnection {
  readonly rhea: Connection;
  /** Aborts with the end of the connection: stop what renews. */
  readonly life: AbortSignal;
  /** Bounds every request made on it, in milliseconds. */
  readonly timeoutMs: number;
  /** The broker takes nothing now, and so answers nothing either. */
  readonly isBlocked: boolean;
  /** Ends the connection because it may not be used any longer. */
  fail(error: unknown): void;
  /** Takes nothing more until the step is done. */
  pause(until: Promise<void>): void;
  /** Takes nothing more, and ends in good order once all is answered: another connection is to follow. */
  retire(): void;
}

/** What a link allows. */
export interface LinkLimits {
  /** The user of its connection, where that is known. */
  readonly user?: string | undefined;
  /** Bytes of the largest transfer; `Infinity` sets no bound. */
  readonly maxMessageSize: number;
  /** Link properties that the other end attached with. */
  readonly properties: Readonly<Record<string, unknown>>;
}

/** Part of what `encode` was given; `at` are indices, in rising order. */
export type Encoded = Transfer | Unsendable;

/** One transfer: it gets one outcome, for all of its messages. */
export interface Transfer {
  readonly at: readonly number[];
  readonly payload: Payload;
  /** message-format: 0 is the standard's. */
  readonly format: number;
}

/** What cannot be sent, and settles as refused. */
export interface Unsendable {
  readonly at: readonly number[];
  readonly error: TransportError;
}

/** An answer other than accepted. */
export interface Answer {
  readonly outcome: "rejected" | "released" | "modified" | "other";
  /** Of `rejected`: `amqp:not-found` …; may be absent (RabbitMQ 4.0). */
  readonly condition?: string;
  readonly description?: string;
  /** Of `modified`: the delivery counted as failed, so that it may have been seen; not to be sent here again. */
  readonly deliveryFailed?: boolean;
  readonly undeliverableHere?: boolean;
}

/** What ended something. */
export interface Fault {
  /** What ended, and what was being done. */
  readonly stage: "login" | "open" | "attach" | "link" | "session" | "connection" | "socket";
  readonly condition?: string;
  readonly description: string;
  readonly cause?: unknown;
}
