import { createHash } from "node:crypto";
import type { ContentEncoding, MessageChanges, OutboundMessage } from "../message.js";
import { compressed } from "./compress.js";
import { recorded } from "./encoded-message.js";
import { DEAD, type EventLog } from "./event-log.js";
import { BODY, CORRELATION_ID, endOf, RecordWriter, sameField, startOf } from "./record.js";
import { RecordView } from "./record-view.js";

/** How events become messages. */
export interface Packing {
  /** `single`: each is one. `json-array`: `[` … `,` … `]`. `ndjson`: a line each. */
  readonly layout: "single" | "json-array" | "ndjson";
  readonly compression?: ContentEncoding | undefined;
}

/** Whether a message may have several events. */
export const joinsEvents = (packing: Packing | undefined): boolean =>
  packing !== undefined && packing.layout !== "single";

/** Events in the order in which they are sent, and where among them each message ends. */
export interface Grouping {
  readonly slots: readonly number[];
  readonly ends: readonly number[];
}

export interface Packed {
  /** Each stays as it is for good. */
  readonly messages: readonly OutboundMessage[];
  /** Of all bodies. */
  readonly bytes: number;
  /** What the bodies had more before they were compressed. */
  readonly savedBytes: number;
}

/** The header that says how many events a message has, and the type of such a message. */
export const BATCH_HEADER = "streamll_batch";
const BATCH_TYPE = "batch";

const OPEN = 0x5b;
const COMMA = 0x2c;
const CLOSE = 0x5d;
const NEWLINE = 0x0a;

/** Memory in which bodies are joined is kept up to this size, in bytes. */
const LARGEST_SCRATCH = 1024 * 1024;

/** What a batch of one event has more than the event, in bytes. */
export const packingBytes = ({ layout }: Packing): number =>
  layout === "single" ? 0 : layout === "ndjson" ? 1 : 2;

/** Makes the messages of a grouping. Bodies are joined as they lie in the log: no event is encoded again. */
export function packer(log: EventLog, packing: Packing): (grouping: Grouping) => Packed {
  const { layout, compression } = packing;
  const joins = joinsEvents(packing);
  const writer = new RecordWriter();
  const first = new RecordView(log);
  const other = new RecordView(log);
  let scratch = Buffer.alloc(0);

  /** The bodies of events, joined: valid until the next call. */
  function join(events: readonly number[]): Buffer {
    let room = events.length + 2;
    for (const slot of events) room += log.bodyBytes[slot]!;
    if (room > scratch.length) scratch = Buffer.allocUnsafeSlow(2 * room);
    const target = scratch;
    if (scratch.length > LARGEST_SCRATCH) scratch = Buffer.alloc(0);
    let at = 0;
    const isArray = layout === "json-array";
    if (isArray) target[at++] = OPEN;
    for (const slot of events) {
      const event = other.show(slot);
      at += event.source.copy(target, at, startOf(event, BODY), endOf(event, BODY));
      target[at++] = isArray ? COMMA : NEWLINE;
    }
    if (isArray) target[at - 1] = CLOSE;
    return target.subarray(0, at);
  }

  /** What a message of several events has in the place of what the first of them has. */
  function batchOf(events: readonly number[]): MessageChanges {
    const isShared = events.every((slot) => sameField(first, other.show(slot), CORRELATION_ID));
    return {
      type: BATCH_TYPE,
      messageId: idOf(events),
      headers: { ...first.headers, [BATCH_HEADER]: events.length },
      ...(isShared ? {} : { correlationId: "" }),
    };
  }

  /** Of the same events the same, in the same order: a broker that looks for duplicates takes no others for them. */
  function idOf(events: readonly number[]): string {
    if (events.length === 1) return first.messageId;
    const ids = events.map((slot) => other.show(slot).messageId);
    return createHash("sha256").update(JSON.stringify(ids)).digest("hex").slice(0, 32);
  }

  return ({ slots, ends }) => {
    const messages: OutboundMessage[] = [];
    let bytes = 0;
    let savedBytes = 0;
    let from = 0;
    for (const to of ends) {
      const events = slots.slice(from, to);
      first.show(events[0]!);
      const isBatch = joins && !log.has(events[0]!, DEAD);
      const plain = isBatch ? join(events) : first.body();
      const smaller = compression && compressed(plain, compression);
      const body = smaller ?? plain;
      const changes = { body, contentEncoding: smaller && compression, ...(isBatch ? batchOf(events) : {}) };
      messages.push(recorded(first.detach(changes), writer));
      bytes += body.length;
      savedBytes += plain.length - body.length;
      from = to;
    }
    return { messages, bytes, savedBytes };
  };
}
