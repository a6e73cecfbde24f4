import type { TransportFactory } from "@streamll/core";
import { Condition, Faults } from "./faults.js";
import { type MemoryMessage, type MemoryPublication, messageOf } from "./message.js";
import { type Entry, messageIn, type Queue } from "./queue.js";
import { type Published, Router } from "./router.js";
import { transportTo } from "./transport.js";

type Arguments = Readonly<Record<string, unknown>>;

/** What to listen to: a queue, or all that an exchange gets with a key of such a pattern. */
export type Source =
  | { readonly queue: string }
  | {
      readonly exchange: string;
      /** Default `"#"`, everything. What several of them match comes once. */
      readonly pattern?: string | readonly string[];
      /** For an exchange of type `headers`. */
      readonly arguments?: Arguments;
    };

// The ESM and the CJS copy of this package share their brokers.
const registry = Symbol.for("streamll.memory-brokers");
const shared = globalThis as { [registry]?: Map<string, MemoryBroker> };

/**
 * A message broker inside the process: exchanges, queues and bindings as RabbitMQ has them, and faults on demand.
 * For tests, demos, and programs that have no broker yet.
 *
 * What names an exchange or a queue that is not there throws a `TransportError` of kind `not-found`.
 *
 * @example
 * const broker = new MemoryBroker();
 * const sink = new RabbitMQSink({ transport: broker.transport() });
 * sink.handleEvent({ eventType: "start" });
 * await sink.stop();
 * const [start] = broker.consume("streamll_events");
 */
export class MemoryBroker {
  /** As in the URL `memory:NAME`; `""` where it has none. */
  readonly name: string;
  /** What goes wrong: negative confirms, blocking, silence, lost connections. */
  readonly faults: Faults;
  readonly #router = new Router();
  readonly #condition = new Condition();

  constructor(name = "") {
    this.name = name;
    this.faults = new Faults(this.#condition);
  }

  /**
   * The broker at `memory:NAME`; made when it is first asked for, and there for as long as the process is.
   *
   * @example
   * const sink = new RabbitMQSink({ amqpUrl: "memory:orders" });
   * await sink.publish({ eventType: "start" });
   * MemoryBroker.named("orders").consume("streamll_events");
   */
  static named(name = ""): MemoryBroker {
    shared[registry] ??= new Map();
    const brokers = shared[registry];
    const broker = brokers.get(name) ?? new MemoryBroker(name);
    brokers.set(name, broker);
    return broker;
  }

  /** For the option `transport` of a sink. */
  transport(): TransportFactory {
    return transportTo({
      router: this.#router,
      condition: this.#condition,
      label: this.name === "" ? "memory" : `memory:${this.name}`,
    });
  }

  /** @throws TransportError of kind `topology-conflict` where there is one of another type. */
  declareExchange(name: string, type = "topic", args: Arguments = {}): void {
    this.#router.declareExchange(name, type, args);
  }

  /** `topic`, `direct`, `fanout` or `headers`. */
  exchangeType(name: string): string {
    return this.#router.exchange(name).type;
  }

  /**
   * @param args RabbitMQ's: `x-message-ttl`, `x-max-length` …
   * @throws TransportError of kind `topology-conflict` where there is one with other arguments.
   */
  declareQueue(name: string, args: Arguments = {}): void {
    this.#router.declareQueue(name, args);
  }

  /** Binding again changes nothing. */
  bind(queue: string, exchange: string, pattern = "#", args: Arguments = {}): void {
    this.#router.exchange(exchange).bind(this.#router.queue(queue), pattern, args);
  }

  /** Its messages are gone, its bindings too, and who consumes from it is told so. */
  deleteQueue(name: string): void {
    this.#router.deleteQueue(name);
  }

  /** Publishes as another program would, past all faults. */
  publish(message: MemoryPublication): Published {
    return this.#router.publish(messageOf(message));
  }

  /** All that waits in a queue, the oldest first, and out of the queue. */
  consume(queue: string): MemoryMessage[] {
    const messages: MemoryMessage[] = [];
    for (let next = this.get(queue); next !== undefined; next = this.get(queue)) messages.push(next);
    return messages;
  }

  /** The message at the head of a queue, and out of the queue. */
  get(queue: string): MemoryMessage | undefined {
    return this.#router.queue(queue).take();
  }

  /**
   * Does to the message at the head of a queue what a consumer does that rejects it: it becomes a dead letter.
   * With `requeue` it stays, as `redelivered`. `false` where the queue is empty.
   */
  reject(queue: string, { requeue = false }: { readonly requeue?: boolean } = {}): boolean {
    const from = this.#router.queue(queue);
    return requeue ? from.requeue() : from.reject();
  }

  /** How many messages wait in a queue. */
  depth(queue: string): number {
    return this.#router.queue(queue).depth;
  }

  /** Empties a queue; its messages do not become dead letters. Gives their number. */
  purge(queue: string): number {
    return this.consume(queue).length;
  }

  /**
   * Hands messages over as they come: those of a queue, or, through a queue of its own, what an exchange gets
   * from now on. Listeners of one queue take turns.
   *
   * @returns what ends it.
   * @example
   * const tail = broker.subscribe({ exchange: "streamll_events", pattern: "streamll.error.*" }, console.log);
   * tail[Symbol.dispose]();
   */
  subscribe(source: Source, listener: (message: MemoryMessage) => void): Disposable {
    const own = {
      isReady: () => true,
      hear: (entry: Entry) => listener(messageIn(entry)),
      cancelled: () => {},
    };
    const { queue, release } = this.#queueFor(source);
    queue.listen(own);
    return {
      [Symbol.dispose]() {
        queue.unlisten(own);
        release();
      },
    };
  }

  #queueFor(source: Source): { queue: Queue; release(): void } {
    if ("queue" in source) return { queue: this.#router.queue(source.queue), release: () => {} };
    const exchange = this.#router.exchange(source.exchange);
    const queue = this.#router.newQueue("", {});
    const patterns = [source.pattern ?? "#"].flat();
    for (const pattern of patterns) exchange.bind(queue, pattern, source.arguments ?? {});
    return { queue, release: () => exchange.unbind(queue) };
  }
}
