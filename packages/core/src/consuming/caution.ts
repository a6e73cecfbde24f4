import { TransportError } from "../errors.js";
import type { ConsumingOptions } from "./options.js";
import type { Delivery } from "./seam.js";

/** Where the broker drops by itself what came back 20 times (quorum queues of RabbitMQ 4), it is time by then. */
const LEAST_RETURNS = 5;

/**
 * Decides how many messages are taken at a time. A message that ends the process is counted against, and so is all that
 * the process had unsettled with it: after some crashes, none can be told from the others. So, before there were too many,
 * messages are taken one at a time: then only the one that ends the process is counted against.
 */
export class Caution {
  readonly #window: number;
  readonly #suspectFrom: number;
  #isCautious = false;
  /** Messages in a row, none of which had come back. */
  #clean = 0;

  constructor({ window, maxDeliveries }: Pick<ConsumingOptions, "window" | "maxDeliveries">) {
    this.#window = window;
    this.#suspectFrom = maxDeliveries === 0 ? LEAST_RETURNS : Math.ceil(maxDeliveries / 2);
  }

  get window(): number {
    return this.#isCautious ? 1 : this.#window;
  }

  /** Why one has to subscribe again, with another window, before any of these is handled. */
  look(deliveries: readonly Delivery[]): TransportError | undefined {
    if (this.#window === 1) return undefined;
    const suspect = deliveries.find((delivery) => this.#isSuspect(delivery));
    if (!this.#isCautious) {
      if (suspect === undefined) return undefined;
      this.#isCautious = true;
      this.#clean = 0;
      const text = `messages came back ${suspect.earlier} times that nobody has settled: one of them may end the process, so they are taken one at a time`;
      return new TransportError("cancelled", text);
    }
    this.#clean = suspect === undefined ? this.#clean + deliveries.length : 0;
    // All that came back with the suspect has come by: the broker hands it out before what is new.
    if (this.#clean <= this.#window) return undefined;
    this.#isCautious = false;
    return new TransportError(
      "cancelled",
      "no message comes back any more: they are taken many at a time again",
    );
  }

  #isSuspect(delivery: Delivery): boolean {
    // In this order: a transport may have to decode all headers for `earlier`.
    return delivery.redelivered && (delivery.earlier ?? 0) >= this.#suspectFrom;
  }
}
