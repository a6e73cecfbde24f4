import type { OutboundMessage } from "../transport.js";
import { encodedEvent } from "./encoded-event.js";
import { type RecordPlace, RecordWriter, recordMemory } from "./record.js";

/** A message by the bytes of its record: a transport that copies them decodes no text. */
export type EncodedMessage = Readonly<RecordPlace>;

/**
 * The record of a message: of the engine's own as it lies in the buffer, valid as long as the message; of anybody
 * else's made anew. A message is known by what it has, not by its class: of a program that is part ES module and part
 * CommonJS, sink and transport may have a copy of this module each.
 */
export function encodedMessage(message: OutboundMessage): EncodedMessage {
  if ((message as Partial<RecordPlace>).words !== undefined) return message as unknown as EncodedMessage;
  const writer = new RecordWriter();
  const event = encodedEvent(message);
  const place = { ...recordMemory(writer.bound(event)), record: 0 };
  writer.write(place, 0, event);
  return place;
}
