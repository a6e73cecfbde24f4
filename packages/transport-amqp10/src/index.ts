import type { Transport, TransportDescription, TransportOptions } from "@streamll/core";
import { consume as consumeServiceBus } from "./azure/consume.js";
import { type ServiceBusTransportOptions, serviceBusDialect } from "./azure/dialect.js";
import { amqp10Description, serviceBusDescription } from "./description.js";
import { consume as consumeRabbitmq } from "./rabbitmq/consume.js";
import { rabbitmqDialect } from "./rabbitmq/dialect.js";
import { amqp10 } from "./transport.js";

export type { ServiceBusOptions, TokenCredential, WebSocketOptions } from "./azure/options.js";

interface Factory extends TransportDescription {
  create(options: TransportOptions): Transport;
}

/**
 * AMQP 1.0 to RabbitMQ 4.0 and later.
 *
 * @example
 * const transport = amqp10Transport.create(options);
 * const connection = await transport.connect(endpoint, { index: 0 }, AbortSignal.timeout(10_000));
 */
export const amqp10Transport: Factory = {
  ...amqp10Description,
  create: (options: TransportOptions) =>
    amqp10(options, rabbitmqDialect(options), {
      capabilities: amqp10Description.consuming,
      consume: consumeRabbitmq,
    }),
};

/**
 * AMQP 1.0 to Azure Service Bus, where `message.exchange`, else the routing key, names the queue or topic.
 *
 * @example
 * const transport = serviceBusTransport.create(options);
 * const connection = await transport.connect(endpoint, { index: 0 }, AbortSignal.timeout(10_000));
 */
export const serviceBusTransport: Factory = {
  ...serviceBusDescription,
  create: (options: ServiceBusTransportOptions) =>
    amqp10(options, serviceBusDialect(options), {
      capabilities: serviceBusDescription.consuming,
      consume: consumeServiceBus,
    }),
};
