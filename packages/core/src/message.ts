import type { MessageChanges, MessageHeaders, MessageParts, OutboundMessage } from "./transport.js";

/**
 * A message made of its parts, which stays as it is: for the tests of a transport, and for what stands between the
 * engine and one.
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

  get sessionId(): string | undefined {
    return this.#parts.sessionId;
  }

  get partitionKey(): string | undefined {
    return this.#parts.partitionKey;
  }

  body(): Buffer {
    const { buffer, byteOffset, byteLength } = this.#parts.body;
    return Buffer.from(buffer, byteOffset, byteLength);
  }

  detach(changes?: MessageChanges): OutboundMessage {
    return changes === undefined ? this : new DetachedMessage({ ...this.#parts, ...changes });
  }
}
