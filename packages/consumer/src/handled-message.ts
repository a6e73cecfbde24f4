import type { Delivery, HandlerContext } from "@streamll/core";
import type { EventDelivery } from "./options/consumer-options.js";

/** A message and its try. Each property is asked for when the handler asks: a transport may decode it only then. */
export class HandledMessage implements EventDelivery {
  readonly #message: Delivery;
  readonly #context: HandlerContext;

  constructor(message: Delivery, context: HandlerContext) {
    this.#message = message;
    this.#context = context;
  }

  get signal() {
    return this.#context.signal;
  }

  get attempt() {
    return this.#context.attempt;
  }

  get body() {
    return this.#message.body;
  }

  get exchange() {
    return this.#message.exchange;
  }

  get routingKey() {
    return this.#message.routingKey;
  }

  get messageId() {
    return this.#message.messageId;
  }

  get correlationId() {
    return this.#message.correlationId;
  }

  get type() {
    return this.#message.type;
  }

  get timestamp() {
    return this.#message.timestamp;
  }

  get headers() {
    return this.#message.headers;
  }

  get contentType() {
    return this.#message.contentType;
  }

  get contentEncoding() {
    return this.#message.contentEncoding;
  }

  get appId() {
    return this.#message.appId;
  }

  get userId() {
    return this.#message.userId;
  }

  get replyTo() {
    return this.#message.replyTo;
  }

  get priority() {
    return this.#message.priority;
  }

  get expiration() {
    return this.#message.expiration;
  }

  get persistent() {
    return this.#message.persistent;
  }

  get redelivered() {
    return this.#message.redelivered;
  }

  get earlier() {
    return this.#message.earlier;
  }

  get orderingKey() {
    return this.#message.orderingKey;
  }

  get packed() {
    return this.#message.packed;
  }

  get lockedUntil() {
    return this.#message.lockedUntil;
  }

  get partition() {
    return this.#message.partition;
  }

  get offset() {
    return this.#message.offset;
  }
}
