import type { InboundMessage } from "./consuming/inbound-message.js";

/**
 * One message as a transport writes it: a view of the engine's buffer, valid until its batch is asked for the next one
 * and no longer than the turn of the event loop. Copy or detach what you need for longer. Its properties are getters, so
 * `{ ...message }` copies none of them, and does not compile as a message.
 */
export declare abstract class OutboundMessage {
  /**
   * Rises on each connection. A message sent again after a lost connection keeps it; without `deduplication`, only as
   * far as the connection has carried no higher one.
   */
  abstract get sequence(): number;
  /** The exchange of a dead letter; absent if it is `MessageDefaults.exchange`. */
  abstract get exchange(): string | undefined;
  /** At most 255 bytes of UTF-8. */
  abstract get routingKey(): string;
  abstract get messageId(): string;
  abstract get correlationId(): string;
  /** The event type. */
  abstract get type(): string;
  /** Milliseconds since 1970. */
  abstract get timestamp(): number;
  /** Plain values; a nested value, a `Date` or a function never reaches a transport. */
  abstract get headers(): MessageHeaders;
  /** How {@link body} is compressed; absent where it is not. Only where `TransportCapabilities.contentEncoding`. */
  abstract get contentEncoding(): ContentEncoding | undefined;
  /** This event's texts for the transport's own `perEvent` options, by their names. */
  abstract get own(): MessageOwn;
  /** What this message is a copy of, where it was consumed before; absent of every message that a sink sends. */
  abstract get relayed(): Relayed | undefined;
  /**
   * The bytes, created anew by each call: call it once. They do not change until the message is settled or the connection
   * has closed.
   */
  abstract body(): Buffer;
  /**
   * Returns a copy of the message that never changes, with `changes` applied.
   *
   * @example
   * publish: (batch, settle) => inner.publish(batch.map((one) => one.detach({ body: seal(one.body()) })), settle)
   */
  abstract detach(changes?: MessageChanges): OutboundMessage;
}

/** The properties that {@link OutboundMessage.detach} can replace. */
export type MessageChanges = Partial<MessageParts>;

/** The parts of a message that a test or a decorator creates, instead of the engine. */
export interface MessageParts {
  readonly sequence: number;
  readonly exchange?: string | undefined;
  readonly routingKey: string;
  readonly body: Uint8Array;
  readonly messageId: string;
  readonly correlationId: string;
  readonly type: string;
  readonly timestamp: number;
  readonly headers: MessageHeaders;
  readonly contentEncoding?: ContentEncoding | undefined;
  readonly own?: MessageOwn | undefined;
  readonly relayed?: Relayed | undefined;
}

/**
 * A message that was consumed through the same transport, and is published again. Properties, headers and body go out as
 * they came, whoever sent it: in the place of `MessageDefaults` and of all parts but `exchange`, `routingKey` and
 * `headers`, which is added. Only the expiration is left out, as brokers do with a dead letter.
 */
export interface Relayed {
  readonly message: InboundMessage;
  /** Names of headers that it loses. What `headers` adds replaces those of the same name in any case. */
  readonly without: ReadonlySet<string>;
}

/** As protocols name it in `content-encoding`: RFC 1952, RFC 8878. */
export type ContentEncoding = "gzip" | "zstd";

/** The rendered templates of a transport's own options for one event, by the option's name. */
export type MessageOwn = Readonly<Record<string, string>>;

/** For a message without any. */
export const noOwn: MessageOwn = Object.freeze({});

export type MessageHeaders = Readonly<Record<string, string | number | boolean | null>>;

/**
 * Creates a message that never changes from its parts: for the tests of a transport, and for decorators between the
 * engine and a transport.
 *
 * @example
 * connection.publish([outboundMessage({ ...parts, body: Buffer.from("{}") })], settle);
 */
export const outboundMessage = (parts: MessageParts): OutboundMessage => new DetachedMessage(parts);

class DetachedMessage implements OutboundMessage {
  readonly #parts: MessageParts;

  constructor(parts: MessageParts) {
    this.#parts = parts;
  }

  get sequence(): number {
    return this.#parts.sequence;
  }

  get exchange(): string | undefined {
    return this.#parts.exchange;
  }

  get routingKey(): string {
    return this.#parts.routingKey;
  }

  get messageId(): string {
    return this.#parts.messageId;
  }

  get correlationId(): string {
    return this.#parts.correlationId;
  }

  get type(): string {
    return this.#parts.type;
  }

  get timestamp(): number {
    return this.#parts.timestamp;
  }

  get headers(): MessageHeaders {
    return this.#parts.headers;
  }

  get contentEncoding(): ContentEncoding | undefined {
    return this.#parts.contentEncoding;
  }

  get own(): MessageOwn {
    return this.#parts.own ?? noOwn;
  }

  get relayed(): Relayed | undefined {
    return this.#parts.relayed;
  }

  body(): Buffer {
    const { buffer, byteOffset, byteLength } = this.#parts.body;
    return Buffer.from(buffer, byteOffset, byteLength);
  }

  detach(changes?: MessageChanges): OutboundMessage {
    return changes === undefined ? this : new DetachedMessage({ ...this.#parts, ...changes });
  }
}
