import { type Delivery, type Endpoint, silentLogger, type TransportOptions } from "@streamll/core";
import {
  ConsumingEngine,
  type ConsumingOptions,
  type ConsumingSetup,
  defaultConsumingOptions,
} from "@streamll/core/internal";
import { MemoryBroker } from "@streamll/transport-memory";
import { expect } from "vitest";

const endpoint: Endpoint = { scheme: "memory", host: "", path: "", query: {}, label: "memory:" };

export const transportOptions: TransportOptions = {
  confirms: true,
  message: { exchange: "", contentType: "", appId: "", persistent: true, mandatory: true },
  topology: { mode: "none", exchanges: [], queues: [], bindings: [] },
  connectionTimeoutMs: 1000,
  heartbeatMs: 50,
  connectionName: "test",
  own: {},
  logger: silentLogger,
};

const quick: Partial<ConsumingOptions> = {
  retryBackoffMs: 1,
  maxRetryBackoffMs: 2,
  reconnectBackoffMs: 1,
  maxReconnectBackoffMs: 5,
  drainTimeoutMs: 2000,
};

export interface Letter {
  readonly id: string;
  readonly execution?: string;
}

/** A broker with a queue and its dead letters, and consumers of it. */
export class Scene {
  readonly broker = new MemoryBroker();
  /** Bodies in the order in which handlers began. */
  readonly began: string[] = [];
  readonly engines: ConsumingEngine[] = [];

  constructor(queueArguments: Record<string, unknown> = {}) {
    this.broker.declareQueue("dead");
    this.declare(queueArguments);
  }

  declare(queueArguments: Record<string, unknown> = {}): void {
    const dead = { "x-dead-letter-exchange": "", "x-dead-letter-routing-key": "dead" };
    this.broker.declareQueue("q", { ...dead, ...queueArguments });
  }

  put(...letters: (Letter | string)[]): void {
    for (const letter of letters) {
      const { id, execution = id } = typeof letter === "string" ? { id: letter } : letter;
      this.broker.publish({ routingKey: "q", body: id, messageId: id, correlationId: execution });
    }
  }

  engine(
    handle: ConsumingSetup["handle"] = () => {},
    options: Partial<ConsumingOptions> = {},
    setup: Partial<ConsumingSetup> = {},
  ): ConsumingEngine {
    const engine = new ConsumingEngine({
      consuming: this.broker.transport().create(transportOptions, []).consuming!,
      endpoints: [endpoint],
      options: { ...defaultConsumingOptions, source: "q", ...quick, ...options },
      logger: silentLogger,
      handle: (delivery, context) => {
        this.began.push(textOf(delivery));
        return handle(delivery, context);
      },
      ...setup,
    });
    this.engines.push(engine);
    return engine;
  }

  get dead(): string[] {
    return this.broker.consume("dead").map(({ body }) => body.toString());
  }

  /** Everything is settled, and the broker has read it. */
  async settled(engine: ConsumingEngine): Promise<void> {
    await expect.poll(() => this.broker.depth("q") + engine.health().pending, { timeout: 5000 }).toBe(0);
    for (let turn = 0; turn < 3; turn++) await new Promise((resolve) => setImmediate(resolve));
  }
}

export const textOf = ({ body }: Delivery): string => body.toString();

/** A promise that a test ends. */
export function gate() {
  let open!: () => void;
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { open, opened };
}
