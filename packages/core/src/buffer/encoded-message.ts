import type { OutboundMessage } from "../transport.js";
import { encodedEvent } from "./encoded-event.js";
import { type RecordPlace, RecordWriter, recordMemory } from "./record.js";
import { RecordView } from "./record-view.js";

/** A message as the bytes of its record, so that a transport which copies them need not decode text. */
export type EncodedMessage = Readonly<RecordPlace>;

/**
 * The record of a message: of the engine's own as it lies in the buffer, valid as long as the message; of anybody
 * else's made anew. A message is known by what it has, not by its class: of a program that is part ES module and part
 * CommonJS, sink and transport may have a copy of this module each.
 */
export function encodedMessage(message: OutboundMessage): EncodedMessage {
  if ((message as Partial<RecordPlace>).words !== undefined) return message as unknown as EncodedMessage;
  return recorded(message);
}

/** The message as a record of its own. */
function recorded(message: OutboundMessage): RecordView {
  const event = encodedEvent(message);
  const writer = new RecordWriter();
  const memory = { ...recordMemory(writer.bound(event)), record: 0 };
  writer.write(memory, 0, event);
  return new RecordView({
    sequence: [event.sequence],
    locate: (_, place) => void Object.assign(place, memory),
  }).show(0);
}
