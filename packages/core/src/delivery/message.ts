import { outboundMessage } from "../message.js";
import type { MessageChanges, MessageHeaders, MessageParts, OutboundMessage } from "../transport.js";

/** What a message is made of: its body as text, and a sequence only where it is the publisher's own. */
export type MessageFields = Omit<MessageParts, "sequence" | "body"> & {
  readonly sequence?: number;
  readonly text: string;
};

/**
 * An encoded event, from the buffer to the transport. Its body is text until it is written: to make bytes of it is no
 * work for the caller of `handleEvent`, a full buffer of text is the smaller one, and a transport of ours writes it
 * where it belongs, without a buffer between (see {@link putBody}).
 */
export class PreparedMessage implements OutboundMessage {
  /** 0 until the engine numbers it. */
  sequence: number;
  readonly exchange: string | undefined;
  readonly routingKey: string;
  readonly messageId: string;
  readonly correlationId: string;
  readonly type: string;
  readonly timestamp: number;
  readonly headers: MessageHeaders;
  readonly sessionId: string | undefined;
  readonly partitionKey: string | undefined;
  readonly #text: string;
  readonly #bytes: number;

  constructor(fields: MessageFields) {
    this.sequence = fields.sequence ?? 0;
    this.exchange = fields.exchange;
    this.routingKey = fields.routingKey;
    this.messageId = fields.messageId;
    this.correlationId = fields.correlationId;
    this.type = fields.type;
    this.timestamp = fields.timestamp;
    this.headers = fields.headers;
    this.sessionId = fields.sessionId;
    this.partitionKey = fields.partitionKey;
    this.#text = fields.text;
    this.#bytes = Buffer.byteLength(fields.text);
  }

  /** Bytes of its own at each reading: events grow old in the buffer, and what they hold dies late. */
  body(): Buffer {
    return Buffer.from(this.#text);
  }

  /** It outlives every `publish` as it is. */
  detach(changes?: MessageChanges): OutboundMessage {
    return changes === undefined ? this : outboundMessage({ ...this, body: this.body(), ...changes });
  }

  get text(): string {
    return this.#text;
  }

  /** Of the body, in UTF-8. */
  get bytes(): number {
    return this.#bytes;
  }

  /** As a new message; a transport may still hold the old one. */
  with(changes: Partial<MessageFields>): PreparedMessage {
    return new PreparedMessage({ ...this, text: this.#text, ...changes });
  }
}

/**
 * Bytes of the body. A message is known by what it has, not by its class: of a program that is part ES module and part
 * CommonJS, sink and transport may have a copy of this module each.
 */
export const bodyBytes = (message: OutboundMessage): number =>
  (message as Partial<PreparedMessage>).bytes ?? message.body().length;

/** Writes the body at `at`, and returns where it ends. */
export function putBody(target: Buffer, at: number, message: OutboundMessage): number {
  const { text } = message as Partial<PreparedMessage>;
  return at + (text === undefined ? message.body().copy(target, at) : target.write(text, at));
}
