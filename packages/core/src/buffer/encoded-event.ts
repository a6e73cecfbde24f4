import { type EventBody, textBody } from "../event/event-body.js";
import type { MessageHeaders, MessageOwn, MessageParts, OutboundMessage } from "../transport.js";

/** The parts of an encoded event. There is a sequence only if the publisher set one. */
export type EventFields = Omit<MessageParts, "sequence" | "body" | "contentEncoding" | "relayed"> & {
  readonly sequence?: number;
  readonly body: EventBody | string;
};

/** An event on its way into the buffer, where it becomes one record. */
export interface EncodedEvent extends Omit<MessageParts, "body" | "own" | "relayed"> {
  /** `MessageParts.own` as JSON; absent where it is empty. */
  readonly own: string | undefined;
  /** The length of the body in bytes. */
  readonly bytes: number;
  /** Writes the body and returns its length. It may be called once. */
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
  readonly bytes: number;
  readonly #body: EventBody;

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
    this.#body = typeof fields.body === "string" ? textBody(fields.body) : fields.body;
    this.bytes = this.#body.bytes;
  }

  putBody(target: Buffer, at: number): number {
    return this.#body.put(target, at);
  }

  /** From now on the body can be written more than once. */
  keepBody(): void {
    this.#body.keep();
  }
}

/** Most messages have none, and cost nothing. */
function jsonOf(own: MessageOwn | undefined): string | undefined {
  for (const _ in own) return JSON.stringify(own);
  return undefined;
}

/** Encodes a message that was not created by the engine. */
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
