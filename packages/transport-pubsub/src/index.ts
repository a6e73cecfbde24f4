import type { TransportFactory } from "@streamll/core";
import { pubsubDescription } from "./description.js";
import type { pubsubOptions } from "./options.js";
import { pubsub } from "./transport.js";

export type { PubSubOptions, ServiceAccountKey } from "./options.js";

/**
 * Google Cloud Pub/Sub over its REST API, sending and consuming. An endpoint is `pubsub://HOST/PROJECT` here, with TLS, or
 * `pubsub-emulator://HOST:PORT/PROJECT`, without; a sink makes them of `pubsub://PROJECT`.
 *
 * @example
 * const sink = new RabbitMQSink({ amqpUrl: "pubsub://my-project", exchange: "events", transports: [pubsubTransport] });
 */
export const pubsubTransport: TransportFactory<typeof pubsubOptions> = {
  ...pubsubDescription,
  create: pubsub,
};
