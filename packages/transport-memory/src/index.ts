import type { Endpoint } from "@streamll/core";
import { MemoryBroker } from "./broker.js";
import { factory } from "./transport.js";

export { MemoryBroker, type Source } from "./broker.js";
export type { Death, DeathReason } from "./dead-letter.js";
export type { Faults } from "./faults.js";
export type { MemoryMessage, MemoryPublication } from "./message.js";
export type { Published } from "./router.js";

/**
 * In this process: `memory:` and `memory:NAME` are the brokers that {@link MemoryBroker.named} gives.
 *
 * @example
 * const sink = new RabbitMQSink({ amqpUrl: "memory:orders", transports: [memoryTransport] });
 */
export const memoryTransport = factory((options, endpoint) => {
  // The broker's own copy of this package makes the connection, be it the ESM or the CJS one.
  const { connect, consuming } = MemoryBroker.named(nameOf(endpoint)).transport().create(options, [endpoint]);
  return { connect, subscribe: consuming!.subscribe };
});

/** `memory:NAME`, and `memory://NAME` too. */
const nameOf = ({ host, path }: Endpoint) => [host, path].filter((part) => part !== "").join("/");
