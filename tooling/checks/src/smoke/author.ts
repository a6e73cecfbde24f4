// The program of a transport's author: the packed conformance suite, which is an ES module alone, on the packed
// memory transport.
import { deepEqual, ok } from "node:assert/strict";
import type { Topology } from "@streamll/core";
import { MemoryBroker, memoryTransport } from "@streamll/transport-memory";
import { cannot, checkTransport, type StoredMessage } from "@streamll/transport-testkit";

MemoryBroker.named("down").faults.refuseConnections();
const broker = MemoryBroker.named("kit");
broker.declareQueue("kit");
const stored: StoredMessage[] = [];
const topologyOf = (exchange: string): Topology => ({
  mode: "declare",
  exchanges: [{ name: exchange, type: "topic", arguments: {} }],
  queues: [],
  bindings: [{ exchange, queue: "kit", pattern: "streamll.#" }],
});
const untried = cannot("its own tests try that");

const results = await checkTransport({
  name: "memory",
  create: (options) =>
    memoryTransport.create({
      ...options,
      topology: options.topology.mode === "none" ? topologyOf(options.message.exchange) : options.topology,
    }),
  endpoint: "memory:kit",
  unreachable: "memory:down",
  alone: {
    module: import.meta.resolve("@streamll/transport-memory"),
    factory: "memoryTransport",
  },
  async read() {
    stored.push(...broker.consume("kit"));
    return stored;
  },
  faults: {
    disconnect: () => broker.faults.disconnect(),
    refuse: untried,
    block: untried,
    silence: untried,
    throttle: untried,
  },
  timeoutMs: 2000,
  quietMs: 5,
});

deepEqual(
  results.filter(({ status }) => status === "failed"),
  [],
);
const passed = results.filter(({ status }) => status === "passed").length;
ok(passed > 0);
console.log(`${passed} checks of the conformance suite passed`);
