import { type Delivery, TransportError } from "@streamll/core";
import { MemoryBroker } from "@streamll/transport-memory";
import { handOver } from "./hand-over.js";
import { noExchange, type Subscribe } from "./subscription.js";

/** The broker in this process: for programs and tests that call the command. */
export const subscribeMemory: Subscribe = async (where, receive) => {
  const { endpoint, exchange } = where;
  const broker = MemoryBroker.named([endpoint.host, endpoint.path].filter(Boolean).join("/"));
  try {
    const bindings = where.bindingsOf(broker.exchangeType(exchange));
    const pattern = bindings.map((binding) => binding.pattern);
    const subscription = broker.subscribe(
      { exchange, pattern, arguments: bindings[0]?.arguments ?? {} },
      (message) => handOver(message as Delivery, receive, () => {}),
    );
    return {
      closed: new Promise(() => {}),
      async close() {
        subscription[Symbol.dispose]();
      },
    };
  } catch (error) {
    throw error instanceof TransportError && error.kind === "not-found" ? noExchange(where, error) : error;
  }
};
