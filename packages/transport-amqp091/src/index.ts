import type { TransportFactory, TransportOptions } from "@streamll/core";
import { amqp091Description } from "./description.js";
import { amqpTransport } from "./transport.js";

/**
 * AMQP 0-9-1: RabbitMQ, Amazon MQ for RabbitMQ, CloudAMQP, LavinMQ.
 *
 * @example
 * const transport = amqp091Transport.create(options);
 * const connection = await transport.connect(endpoint, { index: 0 }, AbortSignal.timeout(10_000));
 */
export const amqp091Transport = {
  ...amqp091Description,
  create: (options: TransportOptions) => amqpTransport(options),
} satisfies TransportFactory;
