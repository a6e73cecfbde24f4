/** A message as a consumer gets it. */
export interface MemoryMessage {
  readonly body: Buffer;
  /** Where it was published to; `""` is the default exchange. */
  readonly exchange: string;
  readonly routingKey: string;
  readonly messageId: string;
  readonly correlationId: string;
  /** The event type. */
  readonly type: string;
  /** Milliseconds since 1970. */
  readonly timestamp: number;
  /** A dead letter also has `x-death` and its kin. */
  readonly headers: Readonly<Record<string, unknown>>;
  readonly appId: string;
  readonly contentType: string;
  /** How the body is compressed: `"gzip"`, `"zstd"`. */
  readonly contentEncoding?: string;
  /** 0 to 255. */
  readonly priority?: number;
  /** Milliseconds until it expires, where the publisher said so. */
  readonly expirationMs?: number;
  /** 2: persistent. */
  readonly deliveryMode: 1 | 2;
  /** It was taken before, and given back. */
  readonly redelivered: boolean;
}

/** What {@link MemoryBroker.publish} needs to know; the other properties are optional. */
export interface MemoryPublication extends Partial<Omit<MemoryMessage, "body" | "redelivered">> {
  readonly body: Buffer | string;
}

export function messageOf({ body, ...properties }: MemoryPublication): MemoryMessage {
  return {
    exchange: "",
    routingKey: "",
    messageId: "",
    correlationId: "",
    type: "",
    timestamp: Date.now(),
    headers: {},
    appId: "",
    contentType: "application/json",
    deliveryMode: 2,
    ...properties,
    body: typeof body === "string" ? Buffer.from(body) : body,
    redelivered: false,
  };
}
