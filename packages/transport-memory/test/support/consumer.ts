import { randomUUID } from "node:crypto";
import type { Transport, TransportOptions } from "@streamll/core";
import type { ConsumerUnderTest } from "@streamll/transport-testkit";
import { MemoryBroker } from "../../src/index.js";

/** The memory broker as the consuming half of the conformance suite sees it, with `change` between the two. */
export function consumerUnderTest(
  queueArguments: Readonly<Record<string, unknown>> = {},
  change: (right: Transport) => Transport = (right) => right,
): ConsumerUnderTest {
  const broker = new MemoryBroker();
  return {
    name: "memory",
    create: (options: TransportOptions) => change(broker.transport().create(options, [])),
    endpoint: "memory:",
    disconnect: () => broker.faults.disconnect(),
    async queue() {
      const [name, dead] = [randomUUID(), randomUUID()];
      const args = { "x-dead-letter-exchange": "", "x-dead-letter-routing-key": dead, ...queueArguments };
      broker.declareQueue(name, args);
      broker.declareQueue(dead);
      const ids: string[] = [];
      return {
        name,
        async put(messages) {
          for (const { persistent, ...message } of messages) {
            const isSet = ([, value]: [string, unknown]) => value !== undefined;
            const set = Object.fromEntries(Object.entries(message).filter(isSet)) as { body: Buffer };
            broker.publish({ ...set, routingKey: name, deliveryMode: persistent ? 2 : 1 });
          }
        },
        depth: async () => broker.depth(name),
        async dead() {
          ids.push(...broker.consume(dead).map(({ messageId }) => messageId));
          return ids;
        },
        cancel: () => broker.deleteQueue(name),
      };
    },
    timeoutMs: 2000,
    quietMs: 5,
  };
}
