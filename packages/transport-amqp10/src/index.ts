import type { TransportFactory, TransportOptions } from "@streamll/core";
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
export const amqp10Transport = {
  schemes: [],
  tlsSchemes: [],
  create: (options: TransportOptions) => amqp10(options, rabbitmqDialect(options)),
} satisfies TransportFactory;

/**
 * AMQP 1.0 to Azure Service Bus, where `message.exchange`, else the routing key, names the queue or topic.
 *
 * @example
 * const transport = serviceBusTransport.create(options);
 * const connection = await transport.connect(endpoint, { index: 0 }, AbortSignal.timeout(10_000));
 */
export const serviceBusTransport = {
  schemes: [],
  tlsSchemes: ["sb"],
  honours: ["authProvider", "credential", "partitionKey", "sessionId", "webSocket"],
  create: (options: TransportOptions) => amqp10(options, serviceBusDialect(options)),
} satisfies TransportFactory;
