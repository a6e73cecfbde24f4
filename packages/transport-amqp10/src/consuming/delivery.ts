import { types } from "node:util";
import type { Delivery } from "@streamll/core";
import { headerField, propertyField, ReceivedMessage } from "@streamll/transport-kit";

/** What each broker tells of a message in its own way. */
export interface Reading {
  readonly exchange: Property<string>;
  readonly routingKey: Property<string>;
  readonly type: Property<string>;
  readonly appId: Property<string>;
  readonly orderingKey: Property<string>;
  readonly earlier: Property<number>;
  redelivered(message: ReceivedMessage): boolean;
  headers(message: ReceivedMessage): Readonly<Record<string, unknown>>;
}
type Property<T> = (message: ReceivedMessage) => T | undefined;

/** Until when the broker keeps a delivery, or a session of them, for this consumer alone. */
export interface Lock {
  /** By which the broker knows it. */
  readonly token: Buffer;
  /** Milliseconds since 1970. */
  until: number;
}

/** A message as it came: its properties and headers are decoded when somebody asks for them. */
export class Amqp10Delivery implements Delivery {
  readonly lock: Lock | undefined;
  /** As it came. */
  readonly received: ReceivedMessage;
  readonly #reading: Reading;
  #headers: Readonly<Record<string, unknown>> | undefined;

  constructor(payload: Buffer, reading: Reading, lockOf?: (message: ReceivedMessage) => Lock) {
    this.received = new ReceivedMessage(payload);
    this.#reading = reading;
    this.lock = lockOf?.(this.received);
  }

  get body(): Buffer {
    return this.received.body;
  }

  get exchange(): string | undefined {
    return this.#reading.exchange(this.received);
  }

  get routingKey(): string | undefined {
    return this.#reading.routingKey(this.received);
  }

  get messageId(): string | undefined {
    return textIn(this.received, propertyField.messageId);
  }

  get correlationId(): string | undefined {
    return textIn(this.received, propertyField.correlationId);
  }

  get type(): string | undefined {
    return this.#reading.type(this.received);
  }

  get timestamp(): number | undefined {
    const time = this.received.property(propertyField.creationTime);
    return types.isDate(time) && !Number.isNaN(time.getTime()) ? time.getTime() : undefined;
  }

  get headers(): Readonly<Record<string, unknown>> {
    this.#headers ??= this.#reading.headers(this.received);
    return this.#headers;
  }

  get contentType(): string | undefined {
    return textIn(this.received, propertyField.contentType);
  }

  get contentEncoding(): string | undefined {
    return textIn(this.received, propertyField.contentEncoding);
  }

  get appId(): string | undefined {
    return this.#reading.appId(this.received);
  }

  get userId(): string | undefined {
    const id = this.received.property(propertyField.userId);
    return Buffer.isBuffer(id) ? id.toString("utf8") : textOf(id);
  }

  get replyTo(): string | undefined {
    return textIn(this.received, propertyField.replyTo);
  }

  get priority(): number | undefined {
    return numberOf(this.received.header(headerField.priority));
  }

  get expiration(): string | undefined {
    return numberOf(this.received.header(headerField.ttl))?.toString();
  }

  get persistent(): boolean | undefined {
    const durable = this.received.header(headerField.durable);
    return typeof durable === "boolean" ? durable : undefined;
  }

  get redelivered(): boolean {
    return this.#reading.redelivered(this.received);
  }

  get earlier(): number | undefined {
    return this.#reading.earlier(this.received);
  }

  get orderingKey(): string | undefined {
    return this.#reading.orderingKey(this.received);
  }

  get lockedUntil(): number | undefined {
    return this.lock?.until;
  }
}

/** A property as text: an id may be a number, a uuid or bytes, which are told in hexadecimal digits. */
export const textIn = (message: ReceivedMessage, property: number): string | undefined =>
  textOf(message.property(property));

function textOf(value: unknown): string | undefined {
  if (Buffer.isBuffer(value)) return value.toString("hex");
  return value === undefined ? undefined : String(value);
}

export const numberOf = (value: unknown): number | undefined =>
  typeof value === "number" ? value : undefined;
