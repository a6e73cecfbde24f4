import { nameOf } from "@streamll/connection/internal";
import type { Endpoint } from "@streamll/core";
import type { Plan } from "../resolve.js";
import type { Attributes } from "./api.js";

/** `messaging.system.name` of the semantic conventions, and the older `messaging.system`, by our transports' names. */
const systems: Readonly<Record<string, readonly [name: string, older: string]>> = {
  amqp091: ["rabbitmq", "rabbitmq"],
  amqp10: ["rabbitmq", "rabbitmq"],
  streams: ["rabbitmq", "rabbitmq"],
  "service-bus": ["azure.servicebus", "servicebus"],
  pubsub: ["gcp_pubsub", "gcp_pubsub"],
};

/** The attributes that say where a sink's events go. */
export function placeAttributes(plan: Plan): Attributes {
  const { choice, isSet } = plan.connection;
  const name = choice === undefined ? "" : nameOf(choice);
  const [system, older] = systems[name] ?? [name, name];
  // It tells sinks of one destination apart. The default contains the process id, so each start would be a new series.
  const client = isSet("connectionName") ? plan.values.connectionName : undefined;
  return {
    "messaging.system.name": system,
    "messaging.system": older,
    "messaging.destination.template": destinationOf(plan),
    ...(client === undefined ? {} : { "messaging.client.id": client }),
  };
}

/** A template has few values, whereas each routing key would be a series of its own. */
export function destinationOf({
  exchange,
  values: { routingKey },
  connection: { own, choice },
}: Plan): string {
  const transport = choice && nameOf(choice);
  if (transport === "streams") return typeof own.stream === "string" ? own.stream : exchange;
  if (exchange === "") return routingKey;
  return transport === "service-bus" || transport === "pubsub" ? exchange : `${exchange}:${routingKey}`;
}

export const serverAttributes = ({ host, port }: Endpoint): Attributes => ({
  ...(host === "" ? {} : { "server.address": host }),
  ...(port === undefined ? {} : { "server.port": port }),
});
