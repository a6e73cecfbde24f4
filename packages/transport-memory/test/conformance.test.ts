import type { Topology } from "@streamll/core";
import { cannot, type Faults, type StoredMessage, testTransport } from "@streamll/transport-testkit";
import { MemoryBroker, memoryTransport } from "../src/index.js";

const topologyOf = (exchange: string): Topology => ({
  mode: "declare",
  exchanges: [{ name: exchange, type: "topic", arguments: {} }],
  queues: [{ name: "kit", arguments: {} }],
  bindings: [{ exchange, queue: "kit", pattern: "streamll.#" }],
});

MemoryBroker.named("down").faults.refuseConnections();

conforms("confirming");
conforms("confirming-late", { delayMs: 2 });
conforms("not-confirming", {
  confirms: false,
  refuse: cannot("without confirms the broker answers nothing"),
});

interface Setup {
  readonly confirms?: boolean;
  readonly delayMs?: number;
  readonly refuse?: Faults["refuse"];
}

function conforms(name: string, { confirms = true, delayMs = 0, refuse = unbound }: Setup = {}): void {
  const broker = MemoryBroker.named(name);
  const { faults } = broker;
  broker.declareQueue("kit");
  faults.delayConfirms(delayMs);
  const stored: StoredMessage[] = [];
  testTransport({
    name: `memory, ${name}`,
    create: (options) =>
      memoryTransport.create({
        ...options,
        confirms: options.confirms && confirms,
        message: { ...options.message, exchange: "kit", mandatory: true },
        topology: options.topology.mode === "none" ? topologyOf("kit") : options.topology,
      }),
    endpoint: `memory:${name}`,
    unreachable: "memory:down",
    alone: {
      module: new URL("../src/index.ts", import.meta.url),
      factory: "memoryTransport",
      options: { topology: topologyOf("streamll_events") },
      execArgv: ["--import", "tsx"],
    },
    async read() {
      stored.push(...broker.consume("kit"));
      return stored;
    },
    faults: {
      disconnect: () => faults.disconnect(),
      refuse,
      throttle: cannot("a broker in this process is never too busy, and a full queue says nack"),
      block() {
        faults.block("low on disk");
        return () => faults.unblock();
      },
      silence() {
        faults.silence();
        return () => faults.wake();
      },
    },
    timeoutMs: 2000,
    quietMs: 5,
  });
}

function unbound(...[message]: Parameters<Exclude<Faults["refuse"], { cannot: string }>>) {
  return message.detach({ routingKey: "nobody.is.bound" });
}
