import { TransportError } from "@streamll/core";
import { MemoryBroker } from "@streamll/transport-memory";
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
      ({ body, routingKey }) => receive({ body, routingKey, done() {} }),
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
