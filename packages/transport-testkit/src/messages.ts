import type { OutboundMessage, MessageParts as Parts } from "@streamll/core";
import type { StoredMessage } from "./options.js";

export type MessageParts = Partial<Omit<Parts, "sequence" | "messageId">>;

/** Says in what a stored message differs from the one that was sent, or `undefined`. */
export function difference(sent: OutboundMessage, stored: StoredMessage): string | undefined {
  const body = sent.body();
  if (body.compare(stored.body) !== 0) {
    return `its body of ${body.length} bytes is stored as ${stored.body.length} other bytes`;
  }
  for (const property of ["routingKey", "correlationId", "type"] as const) {
    if (sent[property] !== stored[property]) {
      return `its ${property} ${show(sent[property])} is stored as ${show(stored[property])}`;
    }
  }
  for (const [name, value] of Object.entries(sent.headers)) {
    const found = stored.headers[name];
    if (value === null ? (found ?? null) !== null && found !== "null" : String(found) !== String(value)) {
      return `its header ${name}, ${show(value)}, is stored as ${show(found)}`;
    }
  }
  return undefined;
}

function show(value: unknown): string {
  const text = JSON.stringify(value) ?? String(value);
  return text.length > 60 ? `${text.slice(0, 60)}… (${text.length} characters)` : text;
}
