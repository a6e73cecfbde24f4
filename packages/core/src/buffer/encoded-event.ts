import type { MessageHeaders, MessageOwn, MessageParts, OutboundMessage } from "../transport.js";

/** What an encoded event is made of: its body as text, and a sequence only where it is the publisher's own. */
export type EventFields = Omit<MessageParts, "sequence" | "body" | "contentEncoding"> & {
  readonly sequence?: number;
  readonly text: string;
};

/** An event on its way into the buffer: what becomes one record. */
export interface EncodedEvent extends Omit<MessageParts, "body" | "own"> {
  /** `MessageParts.own` as JSON; absent where it is empty. */
  readonly own: string | undefined;
  /** Of the body. */
  readonly bytes: number;
  /** Writes the body and returns its length. */
  putBody(target: Buffer, at: number): number;
}

/** An event as a sink encodes it. */
export class PreparedMessage implements EncodedEvent {
  /** 0 until the engine numbers it. */
  sequence: number;
  readonly exchange: string | undefined;
  readonly routingKey: string;
  readonly messageId: string;
  readonly correlationId: string;
  readonly type: string;
  readonly timestamp: number;
  readonly headers: MessageHeaders;
  readonly contentEncoding = undefined;
  readonly own: string | undefined;
  readonly text: string;
  readonly bytes: number;

  constructor(fields: EventFields) {
    this.sequence = fields.sequence ?? 0;
    this.exchange = fields.exchange;
    this.routingKey = fields.routingKey;
    this.messageId = fields.messageId;
    this.correlationId = fields.correlationId;
    this.type = fields.type;
    this.timestamp = fields.timestamp;
    this.headers = fields.headers;
    this.own = jsonOf(fields.own);
    this.text = fields.text;
    this.bytes = Buffer.byteLength(fields.text);
  }

  putBody(target: Buffer, at: number): number {
    // Where each character is one byte, a copy is all.
    return this.bytes === this.text.length
      ? target.write(this.text, at, "latin1")
      : target.write(this.text, at);
  }
}

/** Most messages have none, and cost nothing. */
function jsonOf(own: MessageOwn | undefined): string | undefined {
  for (const _ in own) return JSON.stringify(own);
  return undefined;
}

/** A message of anybody's, to be written as a record. */
export function encodedEvent(message: OutboundMessage): EncodedEvent {
  const body = message.body();
  return {
    sequence: message.sequence,
    exchange: message.exchange,
    routingKey: message.routingKey,
    messageId: message.messageId,
    correlationId: message.correlationId,
    type: message.type,
    timestamp: message.timestamp,
    headers: message.headers,
    contentEncoding: message.contentEncoding,
    own: jsonOf(message.own),
    bytes: body.length,
    putBody: (target, at) => body.copy(target, at),
  };
}
