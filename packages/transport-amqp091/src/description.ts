import type { TransportDescription } from "@streamll/core";

/** What a sink has to know of AMQP 0-9-1 before this transport is loaded. */
export const amqp091Description = {
  name: "amqp091",
  schemes: ["amqp"],
  tlsSchemes: ["amqps"],
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
