import type { TransportCapabilities, TransportFactory } from "@streamll/core";

/** A transport of this project: what its broker can do is known before its package is loaded. */
export interface KnownTransport {
  readonly name: string;
  readonly packageName: string;
  readonly schemes: readonly string[];
  /** The port of each scheme. */
  readonly ports?: Readonly<Record<string, number>>;
  /** Absent where it is not known yet. */
  readonly capabilities?: TransportCapabilities;
  /** Absent until the package exists. */
  load?(): Promise<TransportFactory>;
}

/** esbuild bundles a program without a package whose import may fail; any other is an error to it. */
const rethrow = (error: unknown): never => {
  throw error;
};

const everyPowerOfRabbitMQ: TransportCapabilities = {
  confirms: true,
  mandatory: true,
  priority: true,
  ttl: true,
  deadLetter: true,
  deduplication: false,
  topology: true,
};

export const amqpPorts = { amqp: 5672, amqps: 5671 };

export const amqp091: KnownTransport = {
  name: "amqp091",
  packageName: "@streamll/transport-amqp091",
  schemes: ["amqp", "amqps"],
  ports: amqpPorts,
  capabilities: everyPowerOfRabbitMQ,
  load: async () => (await import("@streamll/transport-amqp091").catch(rethrow)).amqp091Transport,
};

export const memory: KnownTransport = {
  name: "memory",
  packageName: "@streamll/transport-memory",
  schemes: ["memory"],
  capabilities: everyPowerOfRabbitMQ,
  load: async () => (await import("@streamll/transport-memory").catch(rethrow)).memoryTransport,
};

export const serviceBus: KnownTransport = {
  name: "service-bus",
  packageName: "@streamll/transport-amqp10",
  schemes: ["sb"],
  capabilities: {
    ...everyPowerOfRabbitMQ,
    mandatory: false,
    priority: false,
    deadLetter: false,
    topology: false,
  },
  load: async () => (await import("@streamll/transport-amqp10").catch(rethrow)).serviceBusTransport,
};

export const amqp10: KnownTransport = {
  name: "amqp10",
  packageName: "@streamll/transport-amqp10",
  schemes: [],
  ports: amqpPorts,
  capabilities: everyPowerOfRabbitMQ,
  load: async () => (await import("@streamll/transport-amqp10").catch(rethrow)).amqp10Transport,
};

export const streams: KnownTransport = {
  name: "streams",
  packageName: "@streamll/transport-streams",
  schemes: ["rabbitmq-stream", "rabbitmq-stream+tls"],
  ports: { "rabbitmq-stream": 5552, "rabbitmq-stream+tls": 5551 },
  capabilities: {
    ...everyPowerOfRabbitMQ,
    mandatory: false,
    priority: false,
    ttl: false,
    deadLetter: false,
    deduplication: true,
  },
  load: async () => (await import("@streamll/transport-streams").catch(rethrow)).streamsTransport,
};

export const pubsub: KnownTransport = {
  name: "pubsub",
  packageName: "@streamll/transport-pubsub",
  schemes: ["pubsub"],
};

export const knownTransports: readonly KnownTransport[] = [
  amqp091,
  memory,
  serviceBus,
  amqp10,
  streams,
  pubsub,
];
