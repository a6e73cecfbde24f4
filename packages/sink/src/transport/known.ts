import type { TransportCapabilities, TransportFactory } from "@streamll/core";
import { notLoaded } from "@streamll/core/internal";

/**
 * A transport of this project: what its broker can do is known before its package is loaded. Each package is imported
 * in a `try` of its own: so a bundler knows that it may be missing.
 */
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
  async load() {
    try {
      return (await import("@streamll/transport-amqp091")).amqp091Transport;
    } catch (error) {
      throw notLoaded("@streamll/transport-amqp091", "the transport amqp091", error);
    }
  },
};

export const memory: KnownTransport = {
  name: "memory",
  packageName: "@streamll/transport-memory",
  schemes: ["memory"],
  capabilities: everyPowerOfRabbitMQ,
  async load() {
    try {
      return (await import("@streamll/transport-memory")).memoryTransport;
    } catch (error) {
      throw notLoaded("@streamll/transport-memory", "the transport memory", error);
    }
  },
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
  async load() {
    try {
      return (await import("@streamll/transport-amqp10")).serviceBusTransport;
    } catch (error) {
      throw notLoaded("@streamll/transport-amqp10", "the transport service-bus", error);
    }
  },
};

export const amqp10: KnownTransport = {
  name: "amqp10",
  packageName: "@streamll/transport-amqp10",
  schemes: [],
  ports: amqpPorts,
  capabilities: everyPowerOfRabbitMQ,
  async load() {
    try {
      return (await import("@streamll/transport-amqp10")).amqp10Transport;
    } catch (error) {
      throw notLoaded("@streamll/transport-amqp10", "the transport amqp10", error);
    }
  },
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
  async load() {
    try {
      return (await import("@streamll/transport-streams")).streamsTransport;
    } catch (error) {
      throw notLoaded("@streamll/transport-streams", "the transport streams", error);
    }
  },
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
