import { TransportError } from "@streamll/core";
import { type DeathReason, deadLetter, isCycle } from "./dead-letter.js";
import { Exchange, exchangeTypes } from "./exchange.js";
import type { MemoryMessage } from "./message.js";
import { Queue } from "./queue.js";
import { assertFree, assertSame, assertSameArguments, notFound } from "./refusal.js";

type Arguments = Readonly<Record<string, unknown>>;

/** `unroutable`: no queue takes it. `full`: a queue whose `x-overflow` rejects is, so that none has it. */
export type Published = "stored" | "unroutable" | "full";

/** Exchanges, queues and the bindings between them. */
export class Router {
  readonly #exchanges = new Map<string, Exchange>();
  readonly #queues = new Map<string, Queue>();

  constructor() {
    for (const type of exchangeTypes)
      this.#exchanges.set(`amq.${type}`, new Exchange(`amq.${type}`, type, {}));
    this.#exchanges.set("amq.match", new Exchange("amq.match", "headers", {}));
  }

  /** An alternate exchange that it has already is left as found, where `args` name none. */
  declareExchange(name: string, type: string, args: Arguments): void {
    const current = this.#exchanges.get(name);
    if (current === undefined) {
      assertFree("exchange", name);
      this.#exchanges.set(name, new Exchange(name, type, args));
      return;
    }
    const what = `exchange "${name}"`;
    assertSame(what, "type", type, current.type);
    const alternate = current.arguments["alternate-exchange"];
    assertSame(what, "alternate-exchange", args["alternate-exchange"] ?? alternate, alternate);
  }

  declareQueue(name: string, args: Arguments): void {
    assertFree("queue", name);
    const current = this.#queues.get(name);
    if (current === undefined) this.#queues.set(name, this.newQueue(name, args));
    else assertSameArguments(`queue "${name}"`, withType(args), withType(current.arguments));
  }

  /** @throws TransportError of kind `not-found`. */
  deleteQueue(name: string): void {
    const queue = this.queue(name);
    this.#queues.delete(name);
    for (const exchange of this.#exchanges.values()) exchange.unbind(queue);
    queue.delete();
  }

  /** One that no other code can find. */
  newQueue(name: string, args: Arguments): Queue {
    return new Queue(name, args, (message, reason, queue) => this.#died(message, reason, queue));
  }

  hasExchange(name: string): boolean {
    return this.#exchanges.has(name);
  }

  /** @throws TransportError of kind `not-found`. */
  exchange(name: string): Exchange {
    if (name === "") {
      const message =
        "403 the default exchange cannot be bound: it brings a message to the queue named as its key";
      throw new TransportError("permission", message, { permanent: true });
    }
    const exchange = this.#exchanges.get(name);
    if (exchange === undefined) throw notFound(`exchange "${name}"`, this.#exchanges.keys());
    return exchange;
  }

  /** @throws TransportError of kind `not-found`. */
  queue(name: string): Queue {
    const queue = this.#queues.get(name);
    if (queue === undefined) throw notFound(`queue "${name}"`, this.#queues.keys());
    return queue;
  }

  /** @throws TransportError of kind `not-found` where there is no such exchange. */
  publish(message: MemoryMessage): Published {
    const queues = this.#route(message);
    if (queues.length === 0) return "unroutable";
    const full = queues.filter((queue) => queue.refuses(message));
    for (const queue of full) queue.turnAway(message);
    if (full.length > 0) return "full";
    for (const queue of queues) queue.push(message);
    return "stored";
  }

  #route(message: MemoryMessage): readonly Queue[] {
    if (message.exchange === "") {
      const queue = this.#queues.get(message.routingKey);
      return queue === undefined ? [] : [queue];
    }
    const seen = new Set<Exchange>();
    let exchange: Exchange | undefined = this.exchange(message.exchange);
    while (exchange !== undefined && !seen.has(exchange)) {
      const queues = exchange.route(message);
      if (queues.length > 0) return queues;
      seen.add(exchange);
      const alternate: unknown = exchange.arguments["alternate-exchange"];
      exchange = typeof alternate === "string" ? this.#exchanges.get(alternate) : undefined;
    }
    return [];
  }

  #died(message: MemoryMessage, reason: DeathReason, queue: Queue): void {
    const { deadLetterExchange: exchange } = queue.limits;
    // RabbitMQ drops what it cannot bring there, and says nothing.
    if (exchange === undefined || (exchange !== "" && !this.#exchanges.has(exchange))) return;
    const letter = deadLetter(message, reason, queue, exchange);
    for (const target of this.#route(letter)) {
      if (isCycle(letter, target)) continue;
      if (target.refuses(letter)) target.turnAway(letter);
      else target.push(letter);
    }
  }
}

const withType = (args: Arguments): Arguments => ({ "x-queue-type": "classic", ...args });
