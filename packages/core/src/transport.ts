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
  Relayed,
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

/** What a transport's broker can do. An option that needs a missing capability is refused at construction. */
export interface TransportCapabilities {
  /** The broker confirms each message. Without it an event counts as sent once written. */
  readonly confirms: boolean;
  /** The broker returns a message that no queue takes. */
  readonly mandatory: boolean;
  readonly priority: boolean;
  /** Messages expire. */
  readonly ttl: boolean;
  readonly deadLetter: boolean;
  /**
   * A message that is sent again with the same `sequence` is stored once. What the broker has stored of a lane goes up to
   * one sequence without a gap: after a lost connection, everything up to {@link TransportConnection.lastSequence} counts
   * as stored. A broker that stores a message before it has reported the refusal of an earlier one lacks this capability.
   */
  readonly deduplication: boolean;
  /** Exchanges, queues and bindings can be declared. */
  readonly topology: boolean;
  /** {@link OutboundMessage.contentEncoding} reaches the reader. Absent: no body is ever compressed. */
  readonly contentEncoding?: boolean;
  /** Largest body in bytes, if it is known before connecting. */
  readonly maxMessageBytes?: number;
}

/** The properties that all messages of a sink share; each {@link OutboundMessage} has the others. */
export interface MessageDefaults {
  readonly exchange: string;
  readonly contentType: string;
  readonly appId: string;
  /** Delivery mode 2: the message survives a restart of the broker. */
  readonly persistent: boolean;
  /** Messages that no queue takes are to be refused, with kind `unroutable`. */
  readonly mandatory: boolean;
  /** 0 to 255. */
  readonly priority?: number;
  /** Milliseconds until the message expires, unless the queue has such a limit itself. */
  readonly expirationMs?: number;
}

/** What must exist on the broker before a connection is used. */
export interface Topology {
  /** `declare` creates it, `passive` only checks that it exists, `none` does neither. */
  readonly mode: "declare" | "passive" | "none";
  readonly exchanges: readonly ExchangeDeclaration[];
  readonly queues: readonly QueueDeclaration[];
  /** Declared only in mode `declare`. */
  readonly bindings: readonly BindingDeclaration[];
}

/** A durable exchange. */
export interface ExchangeDeclaration {
  readonly name: string;
  readonly type: string;
  readonly arguments: Readonly<Record<string, unknown>>;
  /** An existing exchange is used as it is; the other fields apply only if none exists. */
  readonly asFound?: true;
}

/** A durable queue. `arguments` have RabbitMQ's names: `x-message-ttl`, `x-max-priority`, `x-queue-type` … */
export interface QueueDeclaration {
  readonly name: string;
  readonly arguments: Readonly<Record<string, unknown>>;
  /**
   * For a quorum queue that is to keep a message however often it is read and returned: if the broker has a default delivery
   * limit (20 from RabbitMQ 4.0 on), the queue is declared without one. An existing queue keeps its limit.
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

/** A user name and a password. A function for them is called at every connect. */
export interface Credentials {
  /** Without it that of the option, else of the URL. */
  readonly username?: string;
  readonly password: string;
  /** When the password (a token) stops being valid. */
  readonly expiresAt?: Date;
}

export type CredentialsProvider = () => Credentials | Promise<Credentials>;

/** The options of `node:tls` that a sink passes on. */
export interface TransportTlsOptions {
  readonly ca?: string | Buffer | ReadonlyArray<string | Buffer>;
  readonly cert?: string | Buffer | ReadonlyArray<string | Buffer>;
  readonly key?: string | Buffer | ReadonlyArray<string | Buffer>;
  /** Certificate and key in one (PKCS #12), as binary. */
  readonly pfx?: string | Buffer | ReadonlyArray<string | Buffer>;
  /** The passphrase of `key` or `pfx`. */
  readonly passphrase?: string;
  readonly servername?: string;
  /** At least TLS 1.2, which is the default. */
  readonly minVersion?: "TLSv1.2" | "TLSv1.3";
  /** `false` accepts any certificate. Default `true`. */
  readonly rejectUnauthorized?: boolean;
}

/**
 * Everything that a transport gets at construction. Durations are in milliseconds.
 *
 * @typeParam Table of the transport's own options.
 */
export interface TransportOptions<Table extends OptionTable = OptionTable> {
  readonly confirms: boolean;
  readonly message: MessageDefaults;
  readonly topology: Topology;
  /** The limit for DNS, TCP, TLS and the protocol handshake together. */
  readonly connectionTimeoutMs: number;
  /** A peer that sent nothing for two heartbeats is abandoned; 0: never. */
  readonly heartbeatMs: number;
  /** Shown by the broker's management page; the lane's number is appended. */
  readonly connectionName: string;
  /** Present when the connection is encrypted. */
  readonly tls?: TransportTlsOptions;
  /** Overrides the credentials of the endpoint. */
  readonly credentials?: CredentialsProvider;
  /**
   * Name under which a broker that deduplicates remembers sequences. Absent: a random one; `false`: it deduplicates
   * nothing.
   */
  readonly publisherName?: string | false;
  /** The values of `TransportDescription.options`, resolved: durations in milliseconds, sizes in bytes. */
  readonly own: ResolvedOptions<Table>;
  readonly logger: Logger;
}

/** A lane keeps order and has one connection at a time. */
export interface LaneContext {
  /** From 0, stable over reconnects. */
  readonly index: number;
}

/**
 * Messages that are written together, in this order; an array is also a batch. Each may be read until it is settled or
 * the connection has closed. All are read through one view: what `at`, `map` or an iterator returned is valid only until
 * the next one is read.
 */
export interface OutboundBatch extends Iterable<OutboundMessage> {
  readonly length: number;
  /** `undefined` also for a settled message; negative indices count from the end. */
  at(index: number): OutboundMessage | undefined;
  /** The messages with their indices. The iterators throw a RangeError for a message that is settled before its turn. */
  entries(): IterableIterator<[index: number, message: OutboundMessage]>;
  /** @throws RangeError as the iterators do. */
  map<T>(each: (message: OutboundMessage, index: number) => T): T[];
}

export type PublishOutcome =
  /** The broker has the message. */
  | { readonly kind: "confirmed" }
  /** Confirms are off, and the network has the message. */
  | { readonly kind: "written" }
  /**
   * The message is proven not stored. `shared`: one answer for several messages, of which any may be the cause; a number
   * says how many, if they are not settled in one range. An error of kind `throttled` blames none: their lane waits, and
   * no attempt is used. Report it only if the protocol proves it; everything else is `unknown`.
   */
  | { readonly kind: "refused"; readonly error: TransportError; readonly shared?: boolean | number }
  /** The message may be stored. */
  | { readonly kind: "unknown"; readonly error?: TransportError };

/**
 * Reports the outcome of the messages `from` up to but not including `to` of a batch (indices, as in `slice`). Each
 * message is settled at most once; a message without an outcome when the connection closes counts as `unknown`.
 */
export type Settle = (from: number, to: number, outcome: PublishOutcome) => void;

export interface Flow {
  /** How many more messages may be published from now on; 0 stops, `Infinity` sets no limit. */
  readonly credit: number;
  /** Why the broker blocks publishing now, in its own words. */
  readonly blocked?: string | undefined;
}

export interface TransportConnection {
  /** Writes the batch in order. Never throws because of one message, but settles it as refused. */
  publish(batch: OutboundBatch, settle: Settle): void;
  /** Called once, before the first publish. Calls the listener at once with the present state, then at each change. */
  onFlow(listener: (flow: Flow) => void): void;
  /** Settles once, after the last outcome, when the connection can no longer be used. Never rejects. */
  readonly closed: Promise<TransportError | undefined>;
  /**
   * Waits for what is in flight and then closes, or closes at once when `signal` aborts. Resolves in any case, as does
   * `closed`.
   */
  close(signal: AbortSignal): Promise<void>;
  /**
   * The highest sequence that a deduplicating broker has stored of this lane, or 0 if it has none: new sequences begin
   * above it. With the capability `deduplication`, the engine refuses a connection without it.
   */
  readonly lastSequence?: number | undefined;
  /** A fault that does not end the connection: `health()` lists it while the connection lasts. */
  readonly problem?: TransportError | undefined;
  /** Bytes that the network has taken so far, so that a slow link which still moves is kept. */
  drainedBytes?(): number;
}
