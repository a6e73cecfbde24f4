import type { AmqpError, Delivery, Receiver } from "rhea";
import { fault } from "./conditions.js";
import type { Entity, EntityOptions } from "./entity.js";
import type { Commands, Faults } from "./faults.js";
import { batchFormat, type DecodedMessage, unpack } from "./message.js";
import { answer } from "./outcomes.js";

/** One transfer that an entity was sent, whatever became of it. */
export interface Transfer {
  readonly entity: string;
  readonly format: number;
  /** In bytes. */
  readonly size: number;
  readonly messages: number;
  /** Sent pre-settled: nobody waits for its outcome. */
  readonly settled: boolean;
  /** The condition with which it was rejected. */
  readonly refused: string | undefined;
}

export interface Intake {
  readonly entity: Entity;
  /** How many transfers may be unanswered. */
  readonly credit: number;
  readonly commands: Commands;
  readonly faults: Faults;
  /** Called with each transfer. */
  readonly seen: (transfer: Transfer) => void;
}

/** Answers what a client sends on its link. */
export function takeIn(receiver: Receiver, { entity, credit, commands, faults, seen }: Intake): void {
  const { options } = entity;
  const grant = grantor(receiver, credit);

  receiver.on("message", (context) => {
    const bytes = context.message as unknown as Buffer;
    const delivery = context.delivery as Delivery;
    const format = delivery.format === batchFormat ? batchFormat : 0;
    const messages = unpack(bytes, format);
    const wrong =
      commands.ofTransfer(options.name) ??
      sizeFault(options, bytes.length, delivery) ??
      contentFault(options, messages);
    seen({
      entity: options.name,
      format,
      size: bytes.length,
      messages: messages.length,
      settled: delivery.remote_settled,
      refused: wrong?.condition,
    });
    if (wrong?.condition === tooLarge && faults.oversize === "detach") {
      receiver.close(wrong);
      return;
    }
    if (!wrong) entity.add(messages);
    commands.settle(() => {
      // rhea would write it for a link that is no more, and a client read it.
      if (!receiver.is_open()) return;
      answer(delivery, receiver, wrong);
      grant();
    });
  });
}

/** Credit for so many unanswered transfers, granted anew by halves, so that flow frames stay few. */
function grantor(receiver: Receiver, credit: number): () => void {
  receiver.add_credit(credit);
  let answered = 0;
  return () => {
    if (++answered < credit / 2) return;
    receiver.add_credit(answered);
    answered = 0;
  };
}

export const maxMessageSize = (options: EntityOptions): number => options.maxMessageSize ?? 262_144;

const tooLarge = "amqp:link:message-size-exceeded";

function sizeFault(options: EntityOptions, size: number, { id, format }: Delivery): AmqpError | undefined {
  // Also where a message may have 100 MB.
  const { maxBatchSize = 1_048_576 } = options;
  const limit = Math.min(
    maxMessageSize(options),
    format === batchFormat ? maxBatchSize : Number.POSITIVE_INFINITY,
  );
  if (size <= limit) return undefined;
  return fault(
    tooLarge,
    `The received message (delivery-id:${id}, size:${size} bytes) exceeds the limit (${limit} bytes) currently allowed on the link.`,
  );
}

/** The service takes no more in one batch, whatever their size. */
const maxBatchCount = 4500;

function contentFault(options: EntityOptions, decoded: readonly DecodedMessage[]): AmqpError | undefined {
  const messages = decoded.map(({ message }) => message);
  const sessions = new Set(messages.map(({ group_id }) => group_id));
  const partitions = new Set(messages.map((message) => message.message_annotations?.["x-opt-partition-key"]));
  const notAllowed = (description: string) => fault("amqp:not-allowed", description);

  if (messages.length > maxBatchCount)
    return notAllowed(`The batch holds more than ${maxBatchCount} messages.`);
  if (options.sessions && sessions.has(undefined))
    return notAllowed(
      "The SessionId was not set on a message, and it cannot be sent to the entity. Entities that have session support enabled can only receive messages that have the SessionId set to a valid value.",
    );
  if (sessions.size > 1 || partitions.size > 1)
    return notAllowed("All messages of a batch must have one session id and one partition key.");
  const isForeign = ({ group_id: session, message_annotations: annotations }: (typeof messages)[number]) =>
    session !== undefined &&
    annotations?.["x-opt-partition-key"] !== undefined &&
    annotations["x-opt-partition-key"] !== session;
  if (messages.some(isForeign))
    return fault("amqp:not-allowed", "The PartitionKey of a message with a SessionId must be the SessionId.");
  if (messages.some(({ message_id }) => String(message_id ?? "").length > 128))
    return fault("com.microsoft:argument-error", "The MessageId is longer than 128 characters.");
  return undefined;
}
