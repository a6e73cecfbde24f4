import type { MessageDefaults, OutboundMessage } from "@streamll/core";
import { BODY, type EncodedMessage, encodedMessage, endOf, HEADERS, startOf } from "@streamll/core/internal";
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
  const [typeText, keyText, executionText] = [
    remembered(valueText),
    remembered(valueText),
    remembered(valueText),
  ];
  const headersOf = headersCache();
  let target: Buffer = Buffer.allocUnsafeSlow(KEPT / 16);

  function tailOf(record: EncodedMessage, message: OutboundMessage, orderingKey: string): string {
    const { messageId, correlationId, type, timestamp, routingKey, contentEncoding } = message;
    const key = routingKey === "" ? "" : `,"routing_key":${keyText(routingKey)}`;
    const encoding = contentEncoding === undefined ? "" : `,"content_encoding":"${contentEncoding}"`;
    return (
      `","attributes":{"message_id":${valueText(messageId)},"correlation_id":${executionText(correlationId)}` +
      `,"type":${typeText(type)},"timestamp":"${timestamp}"${key}${encoding}${shared}${headersOf(record, message)}}` +
      `${orderingKey === "" ? "" : `,"orderingKey":${JSON.stringify(orderingKey)}`}},`
    );
  }

  return {
    write(start, message, orderingKey) {
      const record = encodedMessage(message);
      const tail = tailOf(record, message, orderingKey);
      const [from, to] = [startOf(record, BODY), endOf(record, BODY)];
      const bytes = HEAD.length + 4 * Math.ceil((to - from) / 3) + Buffer.byteLength(tail);
      if (bytes > LARGEST_REQUEST - FRAME_BYTES)
        throw new Unsendable(
          `has ${bytes} bytes in base64: a request to Pub/Sub has at most ${LARGEST_REQUEST}`,
          "too-large",
        );
      target = withRoom(target, start, start + bytes);
      let at = start + target.write(HEAD, start, "latin1");
      at += target.write(record.source.toString("base64", from, to), at, "latin1");
      return at + target.write(tail, at);
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

/** Neighbours mostly have the same text. */
function remembered(make: (text: string) => string): (text: string) => string {
  let last: string | undefined;
  let made = "";
  return (text) => {
    if (text === last) return made;
    made = make(text);
    last = text;
    return made;
  };
}

/** Neighbours mostly have equal headers, which are then neither decoded nor encoded again. */
function headersCache(): (record: EncodedMessage, message: OutboundMessage) => string {
  let last: Buffer | undefined;
  let text = "";
  return (record, message) => {
    const block = record.source.subarray(startOf(record, HEADERS), endOf(record, HEADERS));
    if (last?.equals(block)) return text;
    text = headersText(message.headers);
    last = Buffer.from(block);
    return text;
  };
}
