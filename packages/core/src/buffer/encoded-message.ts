import type { OutboundMessage } from "../transport.js";
import { encodedEvent } from "./encoded-event.js";
import { endOf, type Field, RecordWriter, startOf } from "./record.js";
import type { RecordPlace } from "./record-view.js";

/** A message by the bytes of its record: a transport that copies them decodes no text. */
export type EncodedMessage = Readonly<RecordPlace>;

/**
 * The record of a message: of the engine's own as it lies in the buffer, valid as long as the message; of anybody
 * else's made anew. A message is known by what it has, not by its class: of a program that is part ES module and part
 * CommonJS, sink and transport may have a copy of this module each.
 */
export function encodedMessage(message: OutboundMessage): EncodedMessage {
  const { source, record } = message as Partial<RecordPlace>;
  if (source !== undefined && record !== undefined) return message as unknown as EncodedMessage;
  const writer = new RecordWriter();
  const event = encodedEvent(message);
  const made = Buffer.allocUnsafe(writer.bound(event));
  writer.write(made, 0, 0, event);
  return { source: made, record: 0 };
}

/** The length of a field, in bytes of UTF-8. */
export const fieldLength = ({ source, record }: EncodedMessage, field: Field): number =>
  endOf(source, record, field) - startOf(source, record, field);
