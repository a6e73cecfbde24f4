import type { TransportCapabilities, TransportDescription, TransportFactory } from "@streamll/core";
import { notLoaded } from "@streamll/core/internal";
import {
  amqp10Description,
  amqp091Description,
  memoryDescription,
  type PubSubOptions,
  pubsubDescription,
  type ServiceBusOptions,
  type StreamOptions,
  serviceBusDescription,
  streamsDescription,
} from "./descriptions.js";
import { schemesOf } from "./schemes.js";

/**
 * A transport of this project. Each package is imported in a `try` of its own: so a bundler knows that it may be missing.
 */
export interface BuiltInTransport extends TransportDescription {
  readonly name: string;
  readonly packageName: string;
  readonly capabilities: TransportCapabilities;
  /** Of the option `amqpVersion`. Absent: it does not speak AMQP. */
  readonly amqpVersion?: "0-9-1" | "1.0";
  load(): Promise<TransportFactory>;
}

/** Options that one of these transports has alone. */
export interface BuiltInTransportOptions extends StreamOptions, ServiceBusOptions, PubSubOptions {}

const amqp091: BuiltInTransport = {
  ...amqp091Description,
  packageName: "@streamll/transport-amqp091",
  amqpVersion: "0-9-1",
  async load() {
    try {
      return (await import("@streamll/transport-amqp091")).amqp091Transport;
    } catch (error) {
      throw notLoaded("@streamll/transport-amqp091", "the transport amqp091", error);
    }
  },
};

const memory: BuiltInTransport = {
  ...memoryDescription,
  packageName: "@streamll/transport-memory",
  async load() {
    try {
      return (await import("@streamll/transport-memory")).memoryTransport;
    } catch (error) {
      throw notLoaded("@streamll/transport-memory", "the transport memory", error);
    }
  },
};

export const serviceBus: BuiltInTransport = {
  ...serviceBusDescription,
  packageName: "@streamll/transport-amqp10",
  amqpVersion: "1.0",
  async load() {
    try {
      return (await import("@streamll/transport-amqp10")).serviceBusTransport;
    } catch (error) {
      throw notLoaded("@streamll/transport-amqp10", "the transport service-bus", error);
    }
  },
};

export const amqp10: BuiltInTransport = {
  ...amqp10Description,
  packageName: "@streamll/transport-amqp10",
  amqpVersion: "1.0",
  async load() {
    try {
      return (await import("@streamll/transport-amqp10")).amqp10Transport;
    } catch (error) {
      throw notLoaded("@streamll/transport-amqp10", "the transport amqp10", error);
    }
  },
};

export const streams: BuiltInTransport = {
  ...streamsDescription,
  packageName: "@streamll/transport-streams",
  async load() {
    try {
      return (await import("@streamll/transport-streams")).streamsTransport;
    } catch (error) {
      throw notLoaded("@streamll/transport-streams", "the transport streams", error);
    }
  },
};

export const pubsub: BuiltInTransport = {
  ...pubsubDescription,
  packageName: "@streamll/transport-pubsub",
  async load() {
    try {
      return (await import("@streamll/transport-pubsub")).pubsubTransport;
    } catch (error) {
      throw notLoaded("@streamll/transport-pubsub", "the transport pubsub", error);
    }
  },
};

export const builtInTransports: readonly BuiltInTransport[] = [
  amqp091,
  memory,
  serviceBus,
  amqp10,
  streams,
  pubsub,
];

/** The one that a URL of this scheme asks for. */
export const builtInOf = (scheme: string): BuiltInTransport | undefined =>
  builtInTransports.find((one) => schemesOf(one).includes(scheme));
