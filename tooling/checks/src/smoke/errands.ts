import type { Broker } from "@streamll/brokers";
import type { FakePubSub } from "@streamll/fake-pubsub";
import type { RabbitMQSinkOptions } from "@streamll/sink";
import type { Errand } from "./deliver.js";
import type { Refusal } from "./under-jest.js";

export const transports = ["memory", "amqp091", "amqp10", "streams", "pubsub"] as const;

export const PUBSUB_TOPIC = "smoke-pubsub";

export type TransportName = (typeof transports)[number];

/** What to deliver over each transport, where it is the only one that is installed. */
export function errandsTo(
  { url, streamPort }: Broker,
  { host, project }: FakePubSub,
): Record<TransportName, Errand> {
  const options: Record<TransportName, RabbitMQSinkOptions> = {
    memory: { amqpUrl: "memory:smoke" },
    amqp091: { amqpUrl: url, exchange: "smoke-091" },
    amqp10: { amqpUrl: url, amqpVersion: "1.0", exchange: "smoke-10" },
    pubsub: { amqpUrl: `pubsub-emulator://${host}/${project}`, exchange: PUBSUB_TOPIC },
    streams: { amqpUrl: `rabbitmq-stream://127.0.0.1:${streamPort}/`, exchange: "smoke-streams" },
  };
  const errand = (name: TransportName): Errand => ({
    options: options[name],
    missing: transports.filter((other) => other !== name).map((other) => options[other]),
  });
  return Object.fromEntries(transports.map((name) => [name, errand(name)])) as Record<TransportName, Errand>;
}

/** What each transport over a network cannot connect to, and how it is to say so. */
export function refusalsBy({ tlsUrl }: Broker): Refusal[] {
  const { port } = new URL(tlsUrl);
  const closed = "127.0.0.1:1";
  const versions = [{}, { amqpVersion: "1.0" }] as const;
  const certificate = { title: "the unknown certificate", code: "TRANSPORT_TLS" };
  const closedPort = { title: "the closed port", code: "TRANSPORT_UNREACHABLE" };
  return [
    ...versions.map((version) => ({ ...certificate, options: { amqpUrl: tlsUrl, ...version } })),
    { ...certificate, options: { amqpUrl: `rabbitmq-stream+tls://localhost:${port}/` } },
    ...versions.map((version) => ({ ...closedPort, options: { amqpUrl: `amqp://${closed}/`, ...version } })),
    { ...closedPort, options: { amqpUrl: `rabbitmq-stream://${closed}/` } },
  ];
}
