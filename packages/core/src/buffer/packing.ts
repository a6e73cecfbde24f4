import { createHash } from "node:crypto";
import type { ContentEncoding } from "../message.js";
import { putSlice } from "./bytes.js";
import { compressed } from "./compress.js";
import { type EncodedEvent, encodedEvent } from "./encoded-event.js";
import type { EventLog } from "./event-log.js";
import { BODY, CORRELATION_ID, endOf, MESSAGE_ID, RecordWriter, sameField, startOf } from "./record.js";
import { RecordView } from "./record-view.js";
import { DEAD } from "./slots.js";

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
  /** Their slots in the log, for as long as their flight. */
  readonly messages: readonly number[];
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
/** No byte of UTF-8. */
const BETWEEN_IDS = 0xff;

/** Memory in which bodies and ids are joined is kept up to this size, in bytes. */
const LARGEST_SCRATCH = 1024 * 1024;

/** What a batch of one event has more than the event, in bytes. */
export const packingBytes = ({ layout }: Packing): number =>
  layout === "single" ? 0 : layout === "ndjson" ? 1 : 2;

/** Makes the messages of a grouping, in the log. Bodies are joined as they lie in the log: no event is encoded again. */
export function packer(log: EventLog, packing: Packing): (grouping: Grouping, flight: number) => Packed {
  const { layout, compression } = packing;
  const isArray = layout === "json-array";
  const joins = joinsEvents(packing);
  const writer = new RecordWriter();
  const first = new RecordView(log);
  const other = new RecordView(log);
  const joined = scratch();
  const ids = scratch();
  const shared = sharedParts(log);

  /** Joins the bodies of the events of these slots at `start`, and returns how many bytes they take. */
  function join(slots: readonly number[], target: Buffer, start: number): number {
    let at = start;
    if (isArray) target[at++] = OPEN;
    for (const slot of slots) {
      other.show(slot);
      for (let left = log.events[slot]!; left > 0; left--, other.next()) {
        at = putSlice(target, at, other.source, startOf(other, BODY), endOf(other, BODY));
        target[at++] = isArray ? COMMA : NEWLINE;
      }
    }
    if (isArray) target[at - 1] = CLOSE;
    return at - start;
  }

  function compress(plain: Buffer): Buffer | undefined {
    return compression && compressed(plain, compression);
  }

  /** One event by itself, with its body compressed where that makes it smaller. */
  function single(slot: number): Message {
    const message = log.view(slot);
    const body = message.body();
    const smaller = compress(body);
    const changes = { body: smaller ?? body, contentEncoding: smaller && compression };
    return { event: encodedEvent(message.detach(changes)), plainBytes: body.length };
  }

  function several(slots: readonly number[]): Message {
    let plainBytes = slots.length + (isArray ? 1 : 0);
    for (const slot of slots) plainBytes += log.bodyBytes[slot]!;
    let smaller: Buffer | undefined;
    if (compression !== undefined) {
      const plain = joined(plainBytes);
      smaller = compress(plain.subarray(0, join(slots, plain, 0)));
    }
    first.show(slots[0]!);
    const event = {
      ...shared(slots),
      ...idsOf(slots),
      sequence: first.sequence,
      timestamp: first.timestamp,
      contentEncoding: smaller && compression,
      bytes: smaller?.length ?? plainBytes,
      putBody: (target: Buffer, at: number) => smaller?.copy(target, at) ?? join(slots, target, at),
    };
    return { event, plainBytes };
  }

  /** The id is of the same events the same: a broker that looks for duplicates takes no others for them. */
  function idsOf(slots: readonly number[]): Pick<EncodedEvent, "messageId" | "correlationId"> {
    const { messageId, correlationId } = first;
    const events = log.eventsIn(slots);
    if (events === 1) return { messageId, correlationId };
    let room = events;
    for (const slot of slots) room += log.recordBytes[slot]! - log.bodyBytes[slot]!;
    const target = ids(room);
    let isOne = true;
    let at = 0;
    for (const slot of slots) {
      other.show(slot);
      for (let left = log.events[slot]!; left > 0; left--, other.next()) {
        target[at] = BETWEEN_IDS;
        at = putSlice(target, at + 1, other.source, startOf(other, MESSAGE_ID), endOf(other, MESSAGE_ID));
        isOne &&= sameField(first, other, CORRELATION_ID);
      }
    }
    const id = createHash("sha256").update(target.subarray(0, at)).digest("hex").slice(0, 32);
    return { messageId: id, correlationId: isOne ? correlationId : "" };
  }

  return ({ slots, ends }, flight) => {
    const messages: number[] = [];
    let bytes = 0;
    let plain = 0;
    let from = 0;
    for (const to of ends) {
      const isBatch = joins && !log.has(slots[from]!, DEAD);
      const { event, plainBytes } = isBatch ? several(slots.slice(from, to)) : single(slots[from]!);
      messages.push(log.appendMessage(event, writer, flight));
      bytes += event.bytes;
      plain += plainBytes;
      from = to;
    }
    return { messages, bytes, savedBytes: plain - bytes };
  };
}

interface Message {
  readonly event: EncodedEvent;
  /** Of its body before it was compressed. */
  readonly plainBytes: number;
}

/** What messages of the same kind with as many events have in common; neighbours mostly are such. */
function sharedParts(log: EventLog): (slots: readonly number[]) => EncodedEvent {
  let kind = 0;
  let count = 0;
  let parts: EncodedEvent | undefined;
  return (slots) => {
    const [first] = slots;
    const events = log.eventsIn(slots);
    if (parts === undefined || log.kind[first!] !== kind || events !== count) {
      kind = log.kind[first!]!;
      count = events;
      const { headers } = log.view(first!);
      const changes = { type: BATCH_TYPE, headers: { ...headers, [BATCH_HEADER]: count } };
      parts = encodedEvent(log.detach(first!, changes));
    }
    return parts;
  };
}

/** Memory that is used again, with room for `bytes`: valid until the next call. */
function scratch(): (bytes: number) => Buffer {
  let kept = Buffer.alloc(0);
  return (bytes) => {
    if (bytes > LARGEST_SCRATCH) return Buffer.allocUnsafeSlow(bytes);
    if (bytes > kept.length) kept = Buffer.allocUnsafeSlow(2 * bytes);
    return kept;
  };
}
