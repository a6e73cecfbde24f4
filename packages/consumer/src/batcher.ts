import { type Clock, systemClock } from "@streamll/core/internal";
import type { OpenDelivery } from "./open-delivery.js";
import type { BatchHandler } from "./options/consumer-options.js";

export interface BatchSize {
  /** At most so many events. */
  readonly size: number;
  /** From the first event on, in milliseconds. */
  readonly wait: number;
}

/** Gathers deliveries into batches, and hands over one batch after another. */
export class Batcher {
  readonly #size: BatchSize;
  readonly #handle: BatchHandler;
  readonly #clock: Clock;
  #gathered: OpenDelivery[] = [];
  #isDue = false;
  #isRunning = false;
  #cancel: (() => void) | undefined;
  #isClosed = false;

  constructor(size: BatchSize, handle: BatchHandler, clock = systemClock) {
    this.#size = size;
    this.#handle = handle;
    this.#clock = clock;
  }

  add(delivery: OpenDelivery): void {
    if (this.#isClosed) return delivery.giveBack();
    this.#gathered.push(delivery);
    // Nothing comes beside it.
    if (delivery.isAlone) this.#isDue = true;
    this.#next();
  }

  /** What is in no batch yet is given back. */
  close(): void {
    this.#isClosed = true;
    this.#cancel?.();
    for (const delivery of this.#gathered.splice(0)) delivery.giveBack();
  }

  #next(): void {
    if (this.#isRunning || this.#gathered.length === 0) return;
    if (!this.#isDue && this.#gathered.length < this.#size.size) {
      this.#cancel ??= this.#clock.after(this.#size.wait, () => {
        this.#cancel = undefined;
        this.#isDue = true;
        this.#next();
      });
      return;
    }
    this.#cancel?.();
    this.#cancel = undefined;
    this.#isDue = false;
    this.#isRunning = true;
    void this.#run(this.#gathered.splice(0, this.#size.size)).then(() => {
      this.#isRunning = false;
      // What came meanwhile has waited for as long as this one ran.
      this.#isDue = this.#gathered.length > 0;
      this.#next();
    });
  }

  /** Ends with the handler, or when each event of the batch has its verdict or its time is over. */
  async #run(batch: readonly OpenDelivery[]): Promise<void> {
    for (const delivery of batch) delivery.take();
    try {
      await Promise.race([this.#handle(batch), Promise.all(batch.map(({ closed }) => closed))]);
      for (const delivery of batch) void delivery.done();
    } catch (error) {
      for (const delivery of batch) delivery.fail(error);
    }
  }
}
