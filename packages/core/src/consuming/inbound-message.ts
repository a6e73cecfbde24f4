/**
 * A message as its broker has it, also one that no program of ours has sent: nothing is renamed, converted or left
 * out. What the sender did not set is absent.
 */
export interface InboundMessage {
  /** Valid for good: a transport hands over bytes that it does not write to again. */
  readonly body: Buffer;
  /** Where it was published to; `""` is the default exchange. Absent where the broker does not tell. */
  readonly exchange?: string;
  readonly routingKey?: string;
  readonly messageId?: string;
  readonly correlationId?: string;
  /** Of our own messages, the event type. */
  readonly type?: string;
  /** Milliseconds since 1970; over AMQP 0-9-1 in whole seconds. */
  readonly timestamp?: number;
  /** The values may be nested. What the broker adds (`x-death`, `x-delivery-count` …) stands here too. */
  readonly headers: Readonly<Record<string, unknown>>;
  readonly contentType?: string;
  readonly contentEncoding?: string;
  readonly appId?: string;
  readonly userId?: string;
  readonly replyTo?: string;
  /** 0 to 255. */
  readonly priority?: number;
  /** Milliseconds until it expires, as the sender wrote them. */
  readonly expiration?: string;
  /** Delivery mode 2: it survives a restart of the broker. */
  readonly persistent?: boolean;
}
