import { cannot, type Faults, type StoredMessage, testTransport } from "@streamll/transport-testkit";
import { MemoryBroker, memoryTransport } from "../src/index.js";

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
        topology: {
          mode: "declare",
          exchanges: [{ name: "kit", type: "topic", arguments: {} }],
          queues: [{ name: "kit", arguments: {} }],
          bindings: [{ exchange: "kit", queue: "kit", pattern: "streamll.#" }],
        },
      }),
    endpoint: `memory:${name}`,
    unreachable: "memory:down",
    async read() {
      stored.push(...broker.consume("kit"));
      return stored;
    },
    faults: {
      disconnect: () => faults.disconnect(),
      refuse,
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
  return { ...message, routingKey: "nobody.is.bound" };
}
