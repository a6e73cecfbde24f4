import type { TransportFactory } from "@streamll/core";
import { serviceBusDialect } from "./azure/dialect.js";
import { rabbitmqDialect } from "./rabbitmq/dialect.js";
import { amqp10 } from "./transport.js";

/**
 * AMQP 1.0 to RabbitMQ 4.0 and later.
 *
 * @example
 * const transport = amqp10Transport.create(options);
 * const connection = await transport.connect(endpoint, { index: 0 }, AbortSignal.timeout(10_000));
 */
export const amqp10Transport: TransportFactory = {
  schemes: [],
  create: (options) => amqp10(options, rabbitmqDialect(options)),
};

/**
 * AMQP 1.0 to Azure Service Bus, where `message.exchange`, else the routing key, names the queue or topic.
 *
 * @example
 * const transport = serviceBusTransport.create(options);
 * const connection = await transport.connect(endpoint, { index: 0 }, AbortSignal.timeout(10_000));
 */
export const serviceBusTransport: TransportFactory = {
  schemes: ["sb"],
  create: (options) => amqp10(options, serviceBusDialect(options)),
};
