import type { Consuming } from "./consuming/seam.js";
import type { Endpoint } from "./endpoint.js";
import type { TransportError } from "./errors.js";
import type { Logger } from "./logger.js";
import type { OutboundMessage } from "./message.js";
import type { OptionTable, ResolvedOptions } from "./options/option.js";

export type * from "./consuming/inbound-message.js";
export type * from "./consuming/seam.js";
export type { Endpoint } from "./endpoint.js";
export type {
  ContentEncoding,
  MessageChanges,
  MessageHeaders,
  MessageOwn,
  MessageParts,
  OutboundMessage,
} from "./message.js";

/**
 * The seam between the delivery engine and a broker.
 *
 * A transport is a connect function: it opens one connection, writes batches to it and passes on what the
 * broker answers. Pool, reconnect, backoff, fail-over, retry, circuit breaker, watchdog, accounting and
 * shutdown are the engine's, once, for every transport.
 *
 * A transport unrefs every socket and timer that it opens: the engine keeps the process alive while
 * something is pending.
 */
export interface Transport {
  /** Shown in errors, logs and `explain()`, for example `"amqp091"`. */
  readonly name: string;
  readonly capabilities: TransportCapabilities;
  /**
   * Only where the broker itself partitions by execution: how many lanes there are, one for each partition. An
   * execution's lane is the one that RabbitMQ's own clients would choose for it.
   */
  readonly partitions?: number | undefined;
  /**
   * Opens one connection, authenticates and declares the topology.
   *
   * When `signal` aborts, it closes everything that it opened and rejects.
   *
   * @throws TransportError classified by `kind`; anything else is taken as `protocol`.
   */
  connect(endpoint: Endpoint, lane: LaneContext, signal: AbortSignal): Promise<TransportConnection>;
  /** Present where messages can be consumed through this transport. */
  readonly consuming?: Consuming;
}

/** What a transport's broker can do. An option that needs what is missing is refused at construction. */
export interface TransportCapabilities {
  /** The broker says of each message that it has it. Without it an event counts as sent once written. */
  readonly confirms: boolean;
  /** A message that no queue takes comes back. */
  readonly mandatory: boolean;
  readonly priority: boolean;
  /** Messages expire. */
  readonly ttl: boolean;
  readonly deadLetter: boolean;
  /**
   * A message sent again with the `sequence` it had is stored once. What the broker has stored of a lane goes up to one
   * sequence without a gap: after a lost connection what is not above {@link TransportConnection.lastSequence} counts
   * as stored. A broker that takes a message while the refusal of one before it is not yet told does not have this.
   */
  readonly deduplication: boolean;
  /** Exchanges, queues and bindings can be declared. */
  readonly topology: boolean;
  /** {@link OutboundMessage.contentEncoding} reaches the reader. Absent: no body is ever compressed. */
  readonly contentEncoding?: boolean;
  /** Largest body in bytes, where it is known before connecting. */
  readonly maxMessageBytes?: number;
}

/** What every message of a sink shares; each message adds its own part as {@link OutboundMessage}. */
export interface MessageDefaults {
  readonly exchange: string;
  readonly contentType: string;
  readonly appId: string;
  /** Delivery mode 2: the message survives a restart of the broker. */
  readonly persistent: boolean;
  /** Ask for messages that no queue takes to come back as refused, with kind `unroutable`. */
  readonly mandatory: boolean;
  /** 0 to 255. */
  readonly priority?: number;
  /** Milliseconds until the message expires, where the queue does not see to it. */
  readonly expirationMs?: number;
}

/** What must exist on the broker before a connection is used. */
export interface Topology {
  /** `declare` makes it, `passive` only checks that it is there, `none` does neither. */
  readonly mode: "declare" | "passive" | "none";
  readonly exchanges: readonly ExchangeDeclaration[];
  readonly queues: readonly QueueDeclaration[];
  /** Made in mode `declare` only. */
  readonly bindings: readonly BindingDeclaration[];
}

/** A durable exchange. */
export interface ExchangeDeclaration {
  readonly name: string;
  readonly type: string;
  readonly arguments: Readonly<Record<string, unknown>>;
  /** One that is there already is taken as it is; the rest says what is made where none is. */
  readonly asFound?: true;
}

/** A durable queue. `arguments` speak RabbitMQ's names: `x-message-ttl`, `x-max-priority`, `x-queue-type` … */
export interface QueueDeclaration {
  readonly name: string;
  readonly arguments: Readonly<Record<string, unknown>>;
  /**
   * A quorum queue that keeps a message however often it is looked at and given back: where the broker has a limit by
   * itself (20 from RabbitMQ 4.0 on), it is made without one. One that is there already keeps the limit that it has.
   */
  readonly keepsReturned?: true;
}

export interface BindingDeclaration {
  readonly exchange: string;
  readonly queue: string;
  /** A topic pattern such as `streamll.*.*`. */
  readonly pattern: string;
  readonly arguments?: Readonly<Record<string, unknown>>;
}

/** One user name and password; asked for at every connect when given as a function. */
export interface Credentials {
  readonly username?: string;
  readonly password: string;
  /** When the password (a token) stops being valid. */
  readonly expiresAt?: Date;
}

export type CredentialsProvider = () => Credentials | Promise<Credentials>;

/** What `node:tls` takes, as far as a sink passes it on. */
export interface TransportTlsOptions {
  readonly ca?: string | Buffer | ReadonlyArray<string | Buffer>;
  readonly cert?: string | Buffer | ReadonlyArray<string | Buffer>;
  readonly key?: string | Buffer | ReadonlyArray<string | Buffer>;
  /** Certificate and key in one (PKCS #12), as binary. */
  readonly pfx?: string | Buffer | ReadonlyArray<string | Buffer>;
  /** Of `key`, or of `pfx`. */
  readonly passphrase?: string;
  readonly servername?: string;
  /** TLS 1.2 is the least, and the default. */
  readonly minVersion?: "TLSv1.2" | "TLSv1.3";
  /** `false` accepts any certificate. Default `true`. */
  readonly rejectUnauthorized?: boolean;
}

/**
 * Everything that a transport is told at construction. Durations in milliseconds.
 *
 * @typeParam Table of the transport's own options.
 */
export interface TransportOptions<Table extends OptionTable = OptionTable> {
  readonly confirms: boolean;
  readonly message: MessageDefaults;
  readonly topology: Topology;
  /** Bounds DNS, TCP, TLS and the protocol handshake together. */
  readonly connectionTimeoutMs: number;
  /** A peer from which nothing came for two of them is given up; 0: never. */
  readonly heartbeatMs: number;
  /** Shown by the broker's management page; the lane's number is appended. */
  readonly connectionName: string;
  /** Present when the connection is encrypted. */
  readonly tls?: TransportTlsOptions;
  /** Wins over what the endpoint holds. */
  readonly credentials?: CredentialsProvider;
  /**
   * Name under which a broker that deduplicates remembers sequences. Absent: a random one; `false`: it deduplicates
   * nothing.
   */
  readonly publisherName?: string | false;
  /** What it declares as `TransportDescription.options`, resolved: durations in milliseconds, sizes in bytes. */
  readonly own: ResolvedOptions<Table>;
  readonly logger: Logger;
}

/** A lane keeps order and has one connection at a time. */
export interface LaneContext {
  /** From 0, stable over reconnects. */
  readonly index: number;
}

/**
 * Messages that are written together, in this order; an array is one. Each may be read until it is settled or the
 * connection has closed. All are seen through one view: what `at`, `map` or an iterator gave is valid until the next
 * one is asked for.
 */
export interface OutboundBatch extends Iterable<OutboundMessage> {
  readonly length: number;
  /** `undefined` also for a message that is settled; negative indices count from the end. */
  at(index: number): OutboundMessage | undefined;
  /** With their indices; the iterators throw a RangeError for a message that is settled before its turn. */
  entries(): IterableIterator<[index: number, message: OutboundMessage]>;
  /** @throws RangeError as the iterators do. */
  map<T>(each: (message: OutboundMessage, index: number) => T): T[];
}

export type PublishOutcome =
  /** The broker has it. */
  | { readonly kind: "confirmed" }
  /** Confirms are off: handed to the network. */
  | { readonly kind: "written" }
  /**
   * Certainly not stored. `shared`: one answer for several messages, the guilty one unknown; the number of them where
   * they are not settled in one range. An error of kind `throttled` accuses none: their lane waits, and no try is used.
   * Only where the protocol proves it; everything else is `unknown`.
   */
  | { readonly kind: "refused"; readonly error: TransportError; readonly shared?: boolean | number }
  /** May be stored. */
  | { readonly kind: "unknown"; readonly error?: TransportError };

/**
 * Tells what became of the messages `from` up to but not including `to` of a batch (indices, as in `slice`).
 * Each message is settled at most once; what has no outcome when the connection closes is taken as `unknown`.
 */
export type Settle = (from: number, to: number, outcome: PublishOutcome) => void;

export interface Flow {
  /** How many more messages may be handed over from now on; 0 stops, `Infinity` sets no bound. */
  readonly credit: number;
  /** Why the broker takes nothing now, in its own words. */
  readonly blocked?: string | undefined;
}

export interface TransportConnection {
  /** Writes the batch, in order. Never throws for one message's sake: that one is settled as refused. */
  publish(batch: OutboundBatch, settle: Settle): void;
  /** Called once, before the first publish. The listener hears the present state at once, then each change. */
  onFlow(listener: (flow: Flow) => void): void;
  /** Settles once, after the last outcome, when the connection can no longer be used. Never rejects. */
  readonly closed: Promise<TransportError | undefined>;
  /**
   * Waits for what is in flight and ends in good order, or ends at once when `signal` aborts. Resolves in any case, and
   * `closed` with it.
   */
  close(signal: AbortSignal): Promise<void>;
  /**
   * The highest sequence that a broker which deduplicates has stored of this lane, 0 where it has none: new ones begin
   * above it. With the capability `deduplication` a connection without it is refused.
   */
  readonly lastSequence?: number | undefined;
  /** Something wrong that it sees and that does not end it: `health()` lists it while the connection lasts. */
  readonly problem?: TransportError | undefined;
  /** Bytes that the network has taken so far: a slow link that still moves is not given up. */
  drainedBytes?(): number;
}
