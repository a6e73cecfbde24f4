import { MemoryBroker } from "@streamll/transport-memory";
import type { DemoBroker } from "./broker.js";

/** The broker inside this process. */
export function memoryBroker(): DemoBroker {
  const name = "streamll_demo";
  const broker = MemoryBroker.named(name);
  let subscription: Disposable | undefined;

  return {
    description: `memory: in this process, exchange and queue ${name}`,
    sinkOptions: { amqpUrl: `memory:${name}`, exchange: name, queue: false, declareTopology: "passive" },

    async read(onMessage) {
      broker.declareExchange(name);
      broker.declareQueue(name);
      broker.bind(name, name, "streamll.*.*");
      subscription = broker.subscribe({ queue: name }, ({ body }) => onMessage(body));
    },

    async close() {
      subscription?.[Symbol.dispose]();
    },
  };
}
