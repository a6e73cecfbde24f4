import { type Attributes, nameOf, systemAttributes } from "@streamll/connection/internal";
import type { Plan } from "../resolve.js";

/** The attributes that say where a sink's events go. */
export function placeAttributes(plan: Plan): Attributes {
  const { choice, isSet } = plan.connection;
  const name = choice === undefined ? "" : nameOf(choice);
  return {
    ...systemAttributes(name, isSet("connectionName") ? plan.values.connectionName : undefined),
    "messaging.destination.template": destinationOf(plan),
  };
}

/** The stream, where the options name one. */
export const streamOr = (exchange: string, { stream }: Plan["connection"]["own"]): string =>
  typeof stream === "string" ? stream : exchange;

/** A template has few values, whereas each routing key would be a series of its own. */
export function destinationOf({
  exchange,
  values: { routingKey },
  connection: { own, choice },
}: Plan): string {
  const transport = choice && nameOf(choice);
  if (transport === "streams") return streamOr(exchange, own);
  if (exchange === "") return routingKey;
  return transport === "service-bus" || transport === "pubsub" ? exchange : `${exchange}:${routingKey}`;
}
