import type { TransportDescription } from "@streamll/core";
import { configure } from "./azure/configure.js";
import { serviceBusOptions } from "./azure/options.js";

/** What a sink has to know of AMQP 1.0 to RabbitMQ before this transport is loaded. */
export const amqp10Description = {
  name: "amqp10",
  // Its URLs are those of AMQP 0-9-1.
  schemes: [],
  tlsSchemes: [],
  ports: { amqp: 5672, amqps: 5671 },
  capabilities: {
    confirms: true,
    mandatory: true,
    priority: true,
    ttl: true,
    deadLetter: true,
    deduplication: false,
    contentEncoding: true,
    topology: true,
  },
  consuming: { deadLetters: "bare", delays: false, peek: "counts", relays: true },
} satisfies TransportDescription;

/** What a sink has to know of Azure Service Bus before this transport is loaded. */
export const serviceBusDescription = {
  name: "service-bus",
  title: "Azure Service Bus",
  schemes: [],
  tlsSchemes: ["sb"],
  ports: { amqp: 5672, amqps: 5671 },
  capabilities: {
    confirms: true,
    mandatory: false,
    priority: false,
    ttl: true,
    deadLetter: false,
    deduplication: false,
    contentEncoding: true,
    topology: false,
  },
  consuming: {
    deadLetters: "reason",
    delays: false,
    peek: "counts",
    relays: true,
    sessions: true,
    browses: true,
  },
  options: serviceBusOptions,
  configure,
} satisfies TransportDescription<typeof serviceBusOptions>;
