import { isDeepStrictEqual } from "node:util";
import type { Delivery, InboundMessage } from "@streamll/core";

/** Says in what a delivery differs from the message that was put into the queue, or `undefined`. */
export function differenceOf(sent: InboundMessage, got: Delivery): string | undefined {
  // Not taken apart by a spread: a transport may decode a property when somebody asks for it.
  const { body, headers } = got;
  if (sent.body.compare(body) !== 0)
    return `the body of ${sent.body.length} bytes came as ${body.length} other bytes`;
  for (const property of ["messageId", "correlationId", "type", "contentType", "timestamp"] as const)
    if (sent[property] !== got[property])
      return `the ${property} ${sent[property]} came as ${String(got[property])}`;
  for (const [name, value] of Object.entries(sent.headers))
    if (!isDeepStrictEqual(headers[name], value))
      return `the header ${name}, ${JSON.stringify(value)}, came as ${JSON.stringify(headers[name])}`;
  return undefined;
}
