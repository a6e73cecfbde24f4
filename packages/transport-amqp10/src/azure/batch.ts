import {
  type MessageDefaults,
  type OutboundMessage,
  TransportError,
  type TransportErrorKind,
} from "@streamll/core";
import { dataHead } from "@streamll/transport-kit";
import type { Encoded, LinkLimits, Transfer } from "../dialect.js";
import { relayedPayload } from "../relayed.js";
import { encodeSections, groupOf, LONGEST_ID, type Sections, sectionsOf } from "./message.js";
import { replayMessageId } from "./replay-id.js";

/** Of a transfer that holds several messages, each encoded as a whole in a data section of its own. */
export const BATCH_FORMAT = 0x8001_3700;

/** A batch, where the link does not say: Premium takes 1 MB, also of an entity whose messages may have 100 MB. */
const LARGEST_BATCH = 1_000_000;

/** The service takes no more in one, whatever their size. */
const MOST_MESSAGES = 4500;

/** https://learn.microsoft.com/azure/service-bus-messaging/service-bus-amqp-protocol-guide#message-annotations */
const ofBroker: ReadonlySet<string> = new Set(
  ["deadletter-source", "enqueue-sequence-number", "enqueued-time", "locked-until", "message-state"]
    .concat(["partition-id", "scheduled-enqueue-time", "sequence-number"])
    .map((name) => `x-opt-${name}`),
);

interface Batch {
  readonly at: number[];
  readonly parts: Buffer[];
  /** The first message's sections are the envelope's. */
  readonly sections: Sections;
  /** At most so many, with the envelope. */
  bytes: number;
}

/**
 * Puts messages in as few transfers as their sizes allow; those of one session or partition key together, in their
 * order.
 */
export function encodeBatches(
  messages: Iterable<[at: number, message: OutboundMessage]>,
  defaults: MessageDefaults,
  { maxMessageSize, properties }: LinkLimits,
): Encoded[] {
  const batchSize = Math.min(maxMessageSize, batchLimit(properties));
  const encoded: Encoded[] = [];
  const open = new Map<string, Batch>();

  for (const [index, message] of messages) {
    if (message.relayed !== undefined) {
      encoded.push(relayedTransfer(index, message, maxMessageSize));
      continue;
    }
    const sections = sectionsOf(message, defaults);
    const head = encodeSections(sections);
    const body = message.body();
    const single = Buffer.concat([head, dataHead(body.length), body]);
    const error = faultOf(message, single.length, maxMessageSize);
    if (error !== undefined) {
      encoded.push({ at: [index], error });
      continue;
    }
    const group = groupOf(message);
    const parts = [dataHead(single.length), single];
    const bytes = parts[0]!.length + single.length;
    const batch = open.get(group);
    if (batch !== undefined && batch.bytes + bytes <= batchSize && batch.at.length < MOST_MESSAGES) {
      batch.at.push(index);
      batch.parts.push(...parts);
      batch.bytes += bytes;
      continue;
    }
    if (batch !== undefined) encoded.push(transferOf(batch));
    open.set(group, { at: [index], parts, sections, bytes: head.length + bytes });
  }
  for (const batch of open.values()) encoded.push(transferOf(batch));
  return encoded;
}

/** One that was consumed goes alone: its sections are as its sender wrote them. */
function relayedTransfer(index: number, message: OutboundMessage, maxMessageSize: number): Encoded {
  const at = [index];
  try {
    const payload = relayedPayload(message, { ofBroker, messageId: replayMessageId(message) });
    const error = faultOf(message, payload.length, maxMessageSize);
    return error === undefined ? { at, payload, format: 0 } : { at, error };
  } catch (error) {
    if (error instanceof TransportError) return { at, error };
    throw error;
  }
}

function transferOf({ at, parts, sections }: Batch): Transfer {
  if (at.length === 1) return { at, payload: parts[1]!, format: 0 };
  return { at, payload: Buffer.concat([encodeEnvelope(sections), ...parts]), format: BATCH_FORMAT };
}

/** Without the header: it is each message's own. */
const encodeEnvelope = ({ durable: _, ttl: __, ...sections }: Sections): Buffer => encodeSections(sections);

/** What the service allows a batch, which may be less than it allows one message. */
function batchLimit(properties: LinkLimits["properties"]): number {
  const limit = Number(properties["com.microsoft:max-message-batch-size"]);
  return limit > 0 ? limit : LARGEST_BATCH;
}

/** An id is never cut: the service detects duplicates by it. */
function faultOf({ messageId }: OutboundMessage, bytes: number, limit: number): TransportError | undefined {
  if (messageId.length > LONGEST_ID)
    return unsendable("protocol", `the message id has more than ${LONGEST_ID} characters`);
  if (bytes <= limit) return undefined;
  return unsendable("too-large", `the message has ${bytes} bytes, and the queue or topic takes ${limit}`);
}

const unsendable = (kind: TransportErrorKind, message: string) =>
  new TransportError(kind, message, { permanent: true });
