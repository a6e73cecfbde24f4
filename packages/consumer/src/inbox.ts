import { Fifo } from "@streamll/core/internal";
import type { OpenDelivery } from "./open-delivery.js";

type Result = IteratorResult<OpenDelivery, undefined>;

/** Hands deliveries to the loop that takes them, in the order in which they come. */
export class Inbox {
  /** Nobody has taken them yet. */
  readonly #waiting = new Fifo<OpenDelivery>();
  /** Who waits for the next one. */
  readonly #takers = new Fifo<(result: Result) => void>();
  readonly #taken = new Set<OpenDelivery>();
  #isClosed = false;

  add(delivery: OpenDelivery): void {
    if (this.#isClosed) return delivery.giveBack();
    const taker = this.#takers.shift();
    if (taker === undefined) this.#waiting.push(delivery);
    else taker(this.#take(delivery));
  }

  next(): Promise<Result> {
    const delivery = this.#waiting.shift();
    if (delivery !== undefined) return Promise.resolve(this.#take(delivery));
    if (this.#isClosed) return Promise.resolve(over);
    return new Promise((resolve) => this.#takers.push(resolve));
  }

  /** Ends the loop: what nobody has taken is given back. */
  close(): void {
    this.#isClosed = true;
    for (const delivery of this.#waiting.clear()) delivery.giveBack();
    for (const taker of this.#takers.clear()) taker(over);
  }

  /** The loop was left: what it has open is given back too. */
  abandon(): void {
    this.close();
    for (const delivery of this.#taken) delivery.giveBack();
  }

  #take(delivery: OpenDelivery): Result {
    this.#taken.add(delivery);
    delivery.take();
    void delivery.closed.then(() => this.#taken.delete(delivery));
    return { done: false, value: delivery };
  }
}

const over: Result = { done: true, value: undefined };
