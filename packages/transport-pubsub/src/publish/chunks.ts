import {
  type OutboundBatch,
  type OutboundMessage,
  type PublishOutcome,
  type Settle,
  TransportError,
} from "@streamll/core";
import { Unsendable } from "./attributes.js";
import { type Encoder, FRAME_BYTES, LARGEST_REQUEST } from "./encode.js";

// What a publish request may have: https://cloud.google.com/pubsub/quotas#resource_limits
const MOST_MESSAGES = 1000;
const LONGEST_ORDERING_KEY = 1024;

/** Messages that follow each other in one batch, and go in one request. */
export interface Chunk {
  /** What they keep their order within: one topic and one ordering key, as a request must have. */
  readonly lane: string;
  /** Where it differs from that of all others: of dead letters. */
  readonly topic: string | undefined;
  readonly messages: number;
  /** Each with a comma behind it. */
  readonly bytes: Buffer;
  settle(outcome: PublishOutcome): void;
}

/** Whether so much goes in one request. */
export const fits = (messages: number, bytes: number): boolean =>
  messages <= MOST_MESSAGES && bytes <= LARGEST_REQUEST - FRAME_BYTES;

/** Takes a batch apart. A message that cannot be sent is settled as refused, by itself. */
export function chunksOf(
  batch: OutboundBatch,
  settle: Settle,
  encoder: Encoder,
  label: string,
): readonly Chunk[] {
  const chunks: Chunk[] = [];
  const refused: [index: number, error: TransportError][] = [];
  let at = 0;
  let open = { orderingKey: "", topic: undefined as string | undefined, from: 0, to: 0, start: 0 };
  const close = () => {
    const { orderingKey, topic, from, to, start } = open;
    if (from === to) return;
    const lane = `${topic ?? ""}/${orderingKey}`;
    const bytes = encoder.copy(start, at);
    chunks.push({ lane, topic, messages: to - from, bytes, settle: (outcome) => settle(from, to, outcome) });
  };
  for (const [index, message] of batch.entries()) {
    try {
      const topic = message.exchange;
      const orderingKey = orderingKeyOf(message);
      const end = encoder.write(at, message, orderingKey);
      const isNext =
        orderingKey === open.orderingKey &&
        topic === open.topic &&
        index === open.to &&
        fits(index + 1 - open.from, end - open.start);
      if (!isNext) {
        close();
        open = { orderingKey, topic, from: index, to: index, start: at };
      }
      open.to = index + 1;
      at = end;
    } catch (error) {
      if (!(error instanceof Unsendable)) throw error;
      const text = `${label}: the event ${error.message}`;
      refused.push([index, new TransportError(error.kind, text, { permanent: true })]);
    }
  }
  close();
  encoder.release();
  for (const [index, error] of refused) settle(index, index + 1, { kind: "refused", error });
  return chunks;
}

function orderingKeyOf({ own }: OutboundMessage): string {
  const { orderingKey = "" } = own as { readonly orderingKey?: string };
  if (Buffer.byteLength(orderingKey) <= LONGEST_ORDERING_KEY) return orderingKey;
  throw new Unsendable(
    `has an orderingKey of more than ${LONGEST_ORDERING_KEY} bytes: choose a shorter template`,
  );
}
