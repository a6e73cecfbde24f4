import type { Delivery } from "@streamll/core";
import {
  APP_ID,
  CONTENT_ENCODING,
  CONTENT_TYPE,
  CORRELATION_ID,
  type ContentHeader,
  DELIVERY_MODE,
  EXPIRATION,
  HEADERS,
  MESSAGE_ID,
  PRIORITY,
  placeOf,
  REPLY_TO,
  TIMESTAMP,
  TYPE,
  USER_ID,
} from "./content-header.js";
import { readTable } from "./field-table.js";
import type { RepeatedText } from "./repeated-text.js";

/** What basic.deliver says of a message. */
export interface DeliveryInfo {
  /** By which its channel knows the delivery. */
  readonly tag: number;
  readonly redelivered: boolean;
  readonly exchange: string;
  readonly routingKey: string;
}

/** What reads the properties that neighbours mostly have alike. */
export interface RepeatedTexts {
  readonly contentType: RepeatedText;
  readonly correlationId: RepeatedText;
}

const PERSISTENT = 2;

/** A message as it came: its properties and headers are decoded when somebody asks for them. */
export class Amqp091Delivery implements Delivery {
  readonly body: Buffer;
  readonly exchange: string;
  readonly routingKey: string;
  readonly redelivered: boolean;
  /** By which its channel knows it. */
  readonly tag: number;
  /** Its properties as they came. */
  readonly contentHeader: ContentHeader;
  readonly #texts: RepeatedTexts;
  #headers: Readonly<Record<string, unknown>> | undefined;
  /** `null`: not looked for yet. */
  #messageId: string | undefined | null = null;

  constructor(
    { tag, redelivered, exchange, routingKey }: DeliveryInfo,
    header: ContentHeader,
    body: Buffer,
    texts: RepeatedTexts,
  ) {
    this.body = body;
    this.exchange = exchange;
    this.routingKey = routingKey;
    this.redelivered = redelivered;
    this.tag = tag;
    this.contentHeader = header;
    this.#texts = texts;
  }

  get headers(): Readonly<Record<string, unknown>> {
    if (this.#headers === undefined) {
      const at = placeOf(this.contentHeader, HEADERS);
      this.#headers = at < 0 ? {} : readTable(this.contentHeader.bytes, at);
    }
    return this.#headers;
  }

  /**
   * Quorum queues count: before 4.3 every return, from then on those of a failure, and every delivery in
   * `x-acquired-count`. The first time no header is there.
   */
  get earlier(): number | undefined {
    const { "x-delivery-count": count, "x-acquired-count": acquired } = this.headers;
    if (typeof count === "number") return count;
    return acquired === undefined ? undefined : 0;
  }

  get messageId(): string | undefined {
    if (this.#messageId === null) this.#messageId = this.#text(MESSAGE_ID);
    return this.#messageId;
  }

  get correlationId(): string | undefined {
    return this.#text(CORRELATION_ID, this.#texts.correlationId);
  }

  get type(): string | undefined {
    return this.#text(TYPE);
  }

  get timestamp(): number | undefined {
    const at = placeOf(this.contentHeader, TIMESTAMP);
    return at < 0 ? undefined : Number(this.contentHeader.bytes.readBigUInt64BE(at)) * 1000;
  }

  get contentType(): string | undefined {
    return this.#text(CONTENT_TYPE, this.#texts.contentType);
  }

  get contentEncoding(): string | undefined {
    return this.#text(CONTENT_ENCODING);
  }

  get appId(): string | undefined {
    return this.#text(APP_ID);
  }

  get userId(): string | undefined {
    return this.#text(USER_ID);
  }

  get replyTo(): string | undefined {
    return this.#text(REPLY_TO);
  }

  get priority(): number | undefined {
    return this.#octet(PRIORITY);
  }

  get expiration(): string | undefined {
    return this.#text(EXPIRATION);
  }

  get persistent(): boolean | undefined {
    const mode = this.#octet(DELIVERY_MODE);
    return mode === undefined ? undefined : mode === PERSISTENT;
  }

  #text(property: number, repeated?: RepeatedText): string | undefined {
    const at = placeOf(this.contentHeader, property);
    if (at < 0) return undefined;
    const { bytes } = this.contentHeader;
    const end = at + 1 + bytes[at]!;
    return repeated === undefined ? bytes.toString("utf8", at + 1, end) : repeated.read(bytes, at + 1, end);
  }

  #octet(property: number): number | undefined {
    const at = placeOf(this.contentHeader, property);
    return at < 0 ? undefined : this.contentHeader.bytes[at];
  }
}
