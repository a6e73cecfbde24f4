import type { TransportFactory } from "@streamll/core";
import { streamsTransport as create } from "./transport.js";

/**
 * RabbitMQ Streams (RabbitMQ 3.10 and later): each event is stored once, also when it had to be sent again.
 *
 * @example
 * const transport = streamsTransport.create(options);
 * const connection = await transport.connect(endpoint, { index: 0 }, AbortSignal.timeout(10_000));
 */
export const streamsTransport = {
  schemes: ["rabbitmq-stream"],
  tlsSchemes: ["rabbitmq-stream+tls"],
  honours: ["streamAddressResolver", "streamFilter"],
  create,
} satisfies TransportFactory;
