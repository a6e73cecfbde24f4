/**
 * A message as its broker has it, also one that no program of ours has sent: nothing is renamed, converted or left
 * out. What the sender did not set is absent.
 */
export interface InboundMessage {
  /** Valid for good: a transport hands over bytes that it does not write to again. */
  readonly body: Buffer;
  /** Where it was published to; `""` is the default exchange. Absent where the broker does not tell. */
  readonly exchange?: string | undefined;
  readonly routingKey?: string | undefined;
  readonly messageId?: string | undefined;
  readonly correlationId?: string | undefined;
  /** Of our own messages, the event type. */
  readonly type?: string | undefined;
  /** Milliseconds since 1970; over AMQP 0-9-1 in whole seconds. */
  readonly timestamp?: number | undefined;
  /** The values may be nested. What the broker adds (`x-death`, `x-delivery-count` …) stands here too. */
  readonly headers: Readonly<Record<string, unknown>>;
  readonly contentType?: string | undefined;
  readonly contentEncoding?: string | undefined;
  readonly appId?: string | undefined;
  readonly userId?: string | undefined;
  readonly replyTo?: string | undefined;
  /** 0 to 255. */
  readonly priority?: number | undefined;
  /** Milliseconds until it expires, as the sender wrote them. */
  readonly expiration?: string | undefined;
  /** Delivery mode 2: it survives a restart of the broker. */
  readonly persistent?: boolean | undefined;
}
