import { isUtf8 } from "node:buffer";
import { types } from "node:util";
import type { Delivery } from "@streamll/core";
import { headerField, propertyField, ReceivedMessage } from "@streamll/transport-kit";
import type { Activation } from "./reader.js";

/** Annotations and, from senders to a broker before 3.13, application properties that a delivery has as its own. */
const OWN = ["x-exchange", "x-routing-key", "x-basic-type", "x-basic-app-id"];

/** A message as it lies in the stream: properties and headers are decoded when somebody asks for them. */
export class StreamDelivery implements Delivery {
  readonly redelivered = false;
  readonly partition: string;
  readonly offset: number;
  /** Who hands it over, while it is unsettled. */
  holder: Activation | undefined;
  readonly #message: ReceivedMessage;
  #headers: Readonly<Record<string, unknown>> | undefined;

  constructor(bytes: Buffer, partition: string, offset: number, holder: Activation) {
    this.partition = partition;
    this.offset = offset;
    this.holder = holder;
    this.#message = new ReceivedMessage(bytes);
  }

  get body(): Buffer {
    return this.#message.body;
  }

  get exchange(): string | undefined {
    return this.#own("x-exchange");
  }

  get routingKey(): string | undefined {
    return this.#own("x-routing-key");
  }

  get messageId(): string | undefined {
    return this.#text(propertyField.messageId);
  }

  get correlationId(): string | undefined {
    return this.#text(propertyField.correlationId);
  }

  /** AMQP 1.0 has no such property: RabbitMQ and our sink write an annotation, other senders mostly the subject. */
  get type(): string | undefined {
    return this.#own("x-basic-type") ?? this.#text(propertyField.subject);
  }

  get timestamp(): number | undefined {
    const created = this.#message.property(propertyField.creationTime);
    return types.isDate(created) ? created.getTime() : undefined;
  }

  /** The annotations, and over them the application properties. */
  get headers(): Readonly<Record<string, unknown>> {
    if (this.#headers === undefined) {
      const headers: Record<string, unknown> = {
        ...this.#message.annotations,
        ...this.#message.applicationProperties,
      };
      for (const name of OWN) delete headers[name];
      this.#headers = headers;
    }
    return this.#headers;
  }

  get contentType(): string | undefined {
    return this.#text(propertyField.contentType);
  }

  get contentEncoding(): string | undefined {
    return this.#text(propertyField.contentEncoding);
  }

  get appId(): string | undefined {
    return this.#own("x-basic-app-id") ?? this.#text(propertyField.groupId);
  }

  get userId(): string | undefined {
    return this.#text(propertyField.userId);
  }

  get replyTo(): string | undefined {
    return this.#text(propertyField.replyTo);
  }

  get priority(): number | undefined {
    const priority = this.#message.header(headerField.priority);
    return typeof priority === "number" ? priority : undefined;
  }

  get expiration(): string | undefined {
    return fieldText(this.#message.header(headerField.ttl));
  }

  get persistent(): boolean | undefined {
    const durable = this.#message.header(headerField.durable);
    return typeof durable === "boolean" ? durable : undefined;
  }

  #text(property: number): string | undefined {
    return fieldText(this.#message.property(property));
  }

  #own(name: (typeof OWN)[number]): string | undefined {
    const { annotations, applicationProperties } = this.#message;
    return fieldText(annotations[name]) ?? fieldText(applicationProperties[name]);
  }
}

/** A field that InboundMessage has as a text: ids may be numbers, UUIDs and bytes too. */
function fieldText(value: unknown): string | undefined {
  if (typeof value === "string") return value;
  if (typeof value === "number" || typeof value === "bigint") return String(value);
  if (Buffer.isBuffer(value)) return isUtf8(value) ? value.toString() : value.toString("hex");
  return undefined;
}
