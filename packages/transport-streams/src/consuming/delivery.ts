import { types } from "node:util";
import type { Delivery } from "@streamll/core";
import { fieldText, readField, readMap, type Sections, sectionsOf } from "../message/sections.js";
import type { Activation } from "./reader.js";

// Fields of the section `properties` (AMQP 1.0, 3.2.4), and of `header` (3.2.1).
const MESSAGE_ID = 0;
const USER_ID = 1;
const SUBJECT = 3;
const REPLY_TO = 4;
const CORRELATION_ID = 5;
const CONTENT_TYPE = 6;
const CONTENT_ENCODING = 7;
const CREATION_TIME = 9;
const GROUP_ID = 10;
const DURABLE = 0;
const PRIORITY = 1;
const TTL = 2;

/** Annotations and, from senders to a broker before 3.13, application properties that a delivery has as its own. */
const OWN = ["x-exchange", "x-routing-key", "x-basic-type", "x-basic-app-id"];

/** A message as it lies in the stream: properties and headers are decoded when somebody asks for them. */
export class StreamDelivery implements Delivery {
  readonly redelivered = false;
  readonly partition: string;
  readonly offset: number;
  /** Who hands it over, while it is unsettled. */
  holder: Activation | undefined;
  readonly #bytes: Buffer;
  readonly #sections: Sections;
  #annotations: Readonly<Record<string, unknown>> | undefined;
  #applicationProperties: Readonly<Record<string, unknown>> | undefined;
  #headers: Readonly<Record<string, unknown>> | undefined;

  constructor(bytes: Buffer, partition: string, offset: number, holder: Activation) {
    this.partition = partition;
    this.offset = offset;
    this.holder = holder;
    this.#bytes = bytes;
    this.#sections = sectionsOf(bytes);
  }

  get body(): Buffer {
    return this.#sections.body;
  }

  get exchange(): string | undefined {
    return this.#own("x-exchange");
  }

  get routingKey(): string | undefined {
    return this.#own("x-routing-key");
  }

  get messageId(): string | undefined {
    return this.#text(MESSAGE_ID);
  }

  get correlationId(): string | undefined {
    return this.#text(CORRELATION_ID);
  }

  /** AMQP 1.0 has no such property: RabbitMQ and our sink write an annotation, other senders mostly the subject. */
  get type(): string | undefined {
    return this.#own("x-basic-type") ?? this.#text(SUBJECT);
  }

  get timestamp(): number | undefined {
    const created = this.#property(CREATION_TIME);
    return types.isDate(created) ? created.getTime() : undefined;
  }

  /** The annotations, and over them the application properties. */
  get headers(): Readonly<Record<string, unknown>> {
    if (this.#headers === undefined) {
      const headers: Record<string, unknown> = { ...this.#annotation(), ...this.#application() };
      for (const name of OWN) delete headers[name];
      this.#headers = headers;
    }
    return this.#headers;
  }

  get contentType(): string | undefined {
    return this.#text(CONTENT_TYPE);
  }

  get contentEncoding(): string | undefined {
    return this.#text(CONTENT_ENCODING);
  }

  get appId(): string | undefined {
    return this.#own("x-basic-app-id") ?? this.#text(GROUP_ID);
  }

  get userId(): string | undefined {
    return this.#text(USER_ID);
  }

  get replyTo(): string | undefined {
    return this.#text(REPLY_TO);
  }

  get priority(): number | undefined {
    const priority = this.#header(PRIORITY);
    return typeof priority === "number" ? priority : undefined;
  }

  get expiration(): string | undefined {
    return fieldText(this.#header(TTL));
  }

  get persistent(): boolean | undefined {
    const durable = this.#header(DURABLE);
    return typeof durable === "boolean" ? durable : undefined;
  }

  #text(property: number): string | undefined {
    return fieldText(this.#property(property));
  }

  #property(index: number): unknown {
    return readField(this.#bytes, this.#sections.properties, index);
  }

  #header(index: number): unknown {
    return readField(this.#bytes, this.#sections.header, index);
  }

  #own(name: (typeof OWN)[number]): string | undefined {
    return fieldText(this.#annotation()[name]) ?? fieldText(this.#application()[name]);
  }

  #annotation(): Readonly<Record<string, unknown>> {
    this.#annotations ??= readMap(this.#bytes, this.#sections.annotations);
    return this.#annotations;
  }

  #application(): Readonly<Record<string, unknown>> {
    this.#applicationProperties ??= readMap(this.#bytes, this.#sections.applicationProperties);
    return this.#applicationProperties;
  }
}
