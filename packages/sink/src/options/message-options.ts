import type { StreamllEvent } from "@streamll/core";

export type HeaderValue = string | number | bigint | boolean | Date | null | undefined;

/** Headers that the user adds to a message. */
export type UserHeaders = Readonly<Record<string, HeaderValue>>;

/** Options that say what a message looks like. */
export interface MessageOptions {
  /**
   * `"batch"`: events that have the same exchange, routing key and headers are one message, a JSON array, of at most
   * `batchSize` events and `batchBytes`. Default `"single"`.
   */
  readonly messageFormat?: "single" | "batch" | undefined;
  /** Of `messageFormat: "batch"`. `"ndjson"`: a line for each event. Default `"json-array"`. */
  readonly batchLayout?: "json-array" | "ndjson" | undefined;
  /** Of bodies of 1 KiB and more. `"zstd"` requires Node 22.15 or 23.8. Default `"none"`. */
  readonly compressionType?: "none" | "gzip" | "zstd" | undefined;
  /** `"cloudevents"`: each message is a CloudEvent 1.0, with the event as its `data`. Default `"plain"`. */
  readonly envelope?: "plain" | "cloudevents" | undefined;
  /** Of `envelope: "cloudevents"`. `"binary"` is for AMQP 1.0. Default `"structured"`. */
  readonly cloudEventsMode?: "structured" | "binary" | undefined;
  /** More headers on every message. When it throws, the event goes without. */
  readonly headers?: UserHeaders | ((event: StreamllEvent) => UserHeaders | undefined) | undefined;
  /** Default `"streamll"`. */
  readonly appId?: string | undefined;
}
