import rhea, { type AmqpError, type Delivery, type Receiver } from "rhea";
import { fault } from "./conditions.js";
import type { Entity } from "./entity.js";
import type { Commands, Faults } from "./faults.js";
import { batchFormat, decode, unpack } from "./message.js";

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
  readonly transfers: Transfer[];
  /** Called with each transfer. */
  readonly touch: () => void;
}

/** Answers what a client sends on its link. */
export function takeIn(receiver: Receiver, intake: Intake): void {
  const { entity, credit, commands, faults, transfers } = intake;
  const grant = grantor(receiver, credit);

  receiver.on("message", ({ message, delivery }) => {
    intake.touch();
    const bytes = message as unknown as Buffer;
    const { format, remote_settled: settled } = delivery as Delivery;
    const encoded = format === batchFormat ? unpack(bytes) : [bytes];
    const wrong =
      commands.ofTransfer(entity.options.name) ??
      sizeFault(entity, bytes, format) ??
      contentFault(entity, encoded);
    transfers.push({
      entity: entity.options.name,
      format: format === batchFormat ? format : 0,
      size: bytes.length,
      messages: encoded.length,
      settled,
      refused: wrong?.condition,
    });
    if (wrong?.condition === tooLarge && faults.oversize === "detach") {
      receiver.close(wrong);
      return;
    }
    if (!wrong) entity.add(encoded);
    commands.settle(() => {
      if (!receiver.is_open()) return;
      (delivery as Delivery).update(true, wrong ? rejected(wrong) : accepted());
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

const tooLarge = "amqp:link:message-size-exceeded";
// The service takes no more in one batch, whatever their size.
const maxBatchCount = 4500;

function sizeFault({ options }: Entity, { length }: Buffer, format: number): AmqpError | undefined {
  const limit = maxMessageSize(options);
  const bound = format === batchFormat ? Math.min(limit, options.maxBatchSize ?? limit) : limit;
  if (length <= bound) return undefined;
  return fault(
    tooLarge,
    `The received message (delivery-id:0, size:${length} bytes) exceeds the limit (${bound} bytes) currently allowed on the link.`,
  );
}

export const maxMessageSize = (options: { readonly maxMessageSize?: number }): number =>
  options.maxMessageSize ?? 262_144;

function contentFault({ options }: Entity, encoded: readonly Buffer[]): AmqpError | undefined {
  if (encoded.length > maxBatchCount) {
    return fault("amqp:not-allowed", `The batch holds more than ${maxBatchCount} messages.`);
  }
  const messages = encoded.map(decode);
  const sessions = new Set(messages.map(({ group_id }) => group_id));
  const partitions = new Set(messages.map((message) => message.message_annotations?.["x-opt-partition-key"]));
  if (options.sessions && sessions.has(undefined)) {
    return fault(
      "amqp:not-allowed",
      "The SessionId was not set on a message, and it cannot be sent to the entity. Entities that have session support enabled can only receive messages that have the SessionId set to a valid value.",
    );
  }
  if ((options.sessions && sessions.size > 1) || partitions.size > 1) {
    return fault(
      "amqp:not-allowed",
      "All messages of a batch must have one session id and one partition key.",
    );
  }
  if (messages.some(({ message_id }) => String(message_id ?? "").length > 128)) {
    return fault("com.microsoft:argument-error", "The MessageId is longer than 128 characters.");
  }
  return undefined;
}

/** Not in rhea's typings. */
const outcomes = rhea.message as unknown as {
  accepted(): { described(): unknown };
  rejected(fields: { error: AmqpError }): { described(): unknown };
};
const accepted = () => outcomes.accepted().described();
const rejected = (error: AmqpError) => outcomes.rejected({ error }).described();
