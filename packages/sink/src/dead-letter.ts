import { parseEvent } from "@streamll/core";
import { compileTemplate, type DeliverySetup } from "@streamll/core/internal";
import type { ResolvedOptions } from "./options/table.js";

/** Where the sink itself puts events that failed for good. */
export function deadLetterOf({
  exchange: from,
  deadLetterExchange: exchange,
  deadLetterRoutingKey,
}: ResolvedOptions): DeliverySetup["deadLetter"] {
  if (exchange === undefined) return undefined;
  if (deadLetterRoutingKey === undefined)
    return { exchange, from, routingKey: ({ routingKey }) => routingKey };
  const template = compileTemplate(deadLetterRoutingKey);
  return {
    exchange,
    from,
    routingKey: (message) => template.render(parseEvent(JSON.parse(String(message.body())))),
  };
}
