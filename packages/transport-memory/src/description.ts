import type { TransportDescription } from "@streamll/core";

/** What a sink has to know of the broker in its process before this transport is loaded. */
export const memoryDescription = {
  name: "memory",
  schemes: ["memory"],
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
  consuming: { deadLetters: "bare", delays: true, peek: "free", relays: true },
} satisfies TransportDescription;
