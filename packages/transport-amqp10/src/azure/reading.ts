import { headerField, propertyField } from "@streamll/transport-kit";
import { numberOf, type Reading, textIn } from "../consuming/delivery.js";

const textOf = (value: unknown): string | undefined => (typeof value === "string" ? value : undefined);

/** A message as Service Bus delivers it. A sink writes `type` and `app_id` as properties, and the routing key as subject. */
export const serviceBusReading: Reading = {
  exchange: () => undefined,
  routingKey: (message) =>
    message.applicationProperties.type === undefined ? undefined : textIn(message, propertyField.subject),
  type: (message) => textOf(message.applicationProperties.type) ?? textIn(message, propertyField.subject),
  appId: ({ applicationProperties }) => textOf(applicationProperties.app_id),
  orderingKey: (message) => textIn(message, propertyField.groupId),
  redelivered: (message) => (numberOf(message.header(headerField.deliveryCount)) ?? 0) > 0,
  earlier: (message) => numberOf(message.header(headerField.deliveryCount)) ?? 0,
  headers: ({ annotations, applicationProperties }) => ({ ...annotations, ...applicationProperties }),
};
