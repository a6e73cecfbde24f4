import { parseEvent } from "@streamll/core";
import { compileTemplate, type DeliverySetup } from "@streamll/core/internal";
import type { ResolvedOptions } from "./options/table.js";

/** Where the sink itself puts events that failed for good. */
export function deadLetterOf({
  deadLetterExchange: exchange,
  deadLetterRoutingKey,
}: ResolvedOptions): DeliverySetup["deadLetter"] {
  if (exchange === undefined) return undefined;
  if (deadLetterRoutingKey === undefined) return { exchange, routingKey: ({ routingKey }) => routingKey };
  const template = compileTemplate(deadLetterRoutingKey);
  return {
    exchange,
    routingKey: (message) => template.render(parseEvent(JSON.parse(String(message.body())))),
  };
}
