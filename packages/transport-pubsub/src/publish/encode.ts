import type { MessageDefaults, OutboundMessage } from "@streamll/core";
import {
  BODY,
  type EncodedMessage,
  encodedMessage,
  endOf,
  PrefixMemory,
  putBytes,
  startOf,
} from "@streamll/core/internal";
import { headersText, Unsendable, valueText } from "./attributes.js";

/** Bytes of a publish request: https://cloud.google.com/pubsub/quotas#resource_limits */
export const LARGEST_REQUEST = 10_000_000;

const REQUEST_HEAD = Buffer.from('{"messages":[');
const REQUEST_END = Buffer.from("]}");

/** What a request has beside its messages, in bytes. */
export const FRAME_BYTES = REQUEST_HEAD.length + REQUEST_END.length;

/** The parts of a request of messages, each of which has a comma behind it. */
export function requestOf(messages: readonly Buffer[]): readonly Buffer[] {
  const last = messages.at(-1)!;
  return [REQUEST_HEAD, ...messages.slice(0, -1), last.subarray(0, -1), REQUEST_END];
}

const HEAD = '{"data":"';

/** As much as is kept for the next batch, in bytes. */
const KEPT = 1024 * 1024;

/** Writes messages as the JSON of a request has them, by hand: objects and `JSON.stringify` take several times the CPU. */
export interface Encoder {
  /**
   * Writes a message, and a comma behind it, and returns where it ends.
   *
   * @throws Unsendable for a message that the service would refuse.
   */
  write(at: number, message: OutboundMessage, orderingKey: string): number;
  /** A copy of what was written. */
  copy(from: number, to: number): Buffer;
  /** What was written is copied: the memory of a large batch is let go. */
  release(): void;
}

export function encoder({ contentType, appId }: MessageDefaults): Encoder {
  const shared = `,"content_type":${valueText(contentType)}${appId === "" ? "" : `,"app_id":${valueText(appId)}`}`;
  const rest = remembered((message, orderingKey) => {
    const { correlationId, type, routingKey, contentEncoding, headers } = message;
    const key = routingKey === "" ? "" : `,"routing_key":${valueText(routingKey)}`;
    const encoding = contentEncoding === undefined ? "" : `,"content_encoding":"${contentEncoding}"`;
    return (
      `,"correlation_id":${valueText(correlationId)},"type":${valueText(type)}${key}${encoding}${shared}` +
      `${headersText(headers)}}${orderingKey === "" ? "" : `,"orderingKey":${JSON.stringify(orderingKey)}`}},`
    );
  });
  let target: Buffer = Buffer.allocUnsafeSlow(KEPT / 16);

  return {
    write(start, message, orderingKey) {
      const record = encodedMessage(message);
      const own = `","attributes":{"timestamp":"${message.timestamp}","message_id":${valueText(message.messageId)}`;
      const others = rest(record, message, orderingKey);
      const [from, to] = [startOf(record, BODY), endOf(record, BODY)];
      const bytes = HEAD.length + 4 * Math.ceil((to - from) / 3) + Buffer.byteLength(own) + others.length;
      if (bytes > LARGEST_REQUEST - FRAME_BYTES)
        throw new Unsendable(
          `has ${bytes} bytes in base64: a request to Pub/Sub has at most ${LARGEST_REQUEST}`,
          "too-large",
        );
      target = withRoom(target, start, start + bytes);
      let at = start + target.write(HEAD, start, "latin1");
      at += target.write(record.source.toString("base64", from, to), at, "latin1");
      at += target.write(own, at);
      return putBytes(target, at, others);
    },
    copy(from, to) {
      const copy = Buffer.allocUnsafeSlow(to - from);
      target.copy(copy, 0, from, to);
      return copy;
    },
    release() {
      if (target.length > KEPT) target = Buffer.allocUnsafeSlow(KEPT / 16);
    },
  };
}

/** A buffer with room up to `end`, which begins with the `used` bytes of this one. */
function withRoom(target: Buffer, used: number, end: number): Buffer {
  if (end <= target.length) return target;
  const larger = Buffer.allocUnsafeSlow(2 * end);
  target.copy(larger, 0, 0, used);
  return larger;
}

/** Neighbours mostly have all but their ids, time and body in common, which is then neither decoded nor encoded again. */
function remembered(textOf: (message: OutboundMessage, orderingKey: string) => string) {
  const memory = new PrefixMemory<{ execution: string; orderingKey: string; bytes: Buffer }>();
  return (record: EncodedMessage, message: OutboundMessage, orderingKey: string): Buffer => {
    const kept = memory.of(record);
    const execution = message.correlationId;
    if (kept?.execution === execution && kept.orderingKey === orderingKey) return kept.bytes;
    const bytes = Buffer.from(textOf(message, orderingKey));
    memory.keep(record, () => ({ execution, orderingKey, bytes }));
    return bytes;
  };
}
