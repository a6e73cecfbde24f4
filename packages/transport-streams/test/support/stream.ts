import { randomUUID } from "node:crypto";
import type { Broker } from "@streamll/brokers";
import type { Endpoint, QueueDeclaration } from "@streamll/core";
import type { StreamsTransportOptions } from "../../src/options.js";
import { options } from "./options.js";

export const endpointOf = ({ streamPort: port }: Broker, own: Partial<Endpoint> = {}): Endpoint => ({
  scheme: "rabbitmq-stream",
  host: "127.0.0.1",
  port,
  path: "",
  query: {},
  label: `rabbitmq-stream://127.0.0.1:${port}/`,
  ...own,
});

/** A queue of the topology, as the transport takes a stream. */
const streamNamed = (name: string, args: QueueDeclaration["arguments"] = {}): QueueDeclaration => ({
  name,
  arguments: { "x-queue-type": "stream", ...args },
});

/** Options for a stream of that name, which is made. */
export const onStream = (
  name: string,
  args: QueueDeclaration["arguments"] = {},
): Partial<StreamsTransportOptions> => ({
  message: { ...options().message, exchange: name },
  topology: { mode: "declare", exchanges: [], queues: [streamNamed(name, args)], bindings: [] },
});

/** Options for a super stream of so many partitions. */
export function onSuperStream(name: string, partitions: number, args: QueueDeclaration["arguments"] = {}) {
  const queues = Array.from({ length: partitions }, (_, index) =>
    streamNamed(`${name}-${index}`, { "x-queue-leader-locator": "balanced", ...args }),
  );
  const bindings = queues.map(({ name: queue }, index) => ({
    exchange: name,
    queue,
    pattern: String(index),
    arguments: { "x-stream-partition-order": index },
  }));
  const exchanges = [{ name, type: "direct", arguments: { "x-super-stream": true } }];
  return {
    message: { ...options().message, exchange: name },
    topology: { mode: "declare", exchanges, queues, bindings },
  } as const;
}

export const freshName = (): string => `streams-${randomUUID()}`;
