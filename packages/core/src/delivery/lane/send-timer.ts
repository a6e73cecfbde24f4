import type { Clock } from "../clock.js";
import type { DeliveryOptions } from "../options.js";
import type { SendQueue } from "./send-queue.js";

export interface SendTimerSetup {
  readonly clock: Clock;
  readonly options: Pick<DeliveryOptions, "batchSize" | "batchBytes" | "batchTimeoutMs">;
  readonly queue: SendQueue;
  send(): void;
}

/** Decides when a lane sends: at once if a batch is full or due, else when the first event has waited `batchTimeout`. */
export class SendTimer {
  readonly #setup: SendTimerSetup;
  #batch: (() => void) | undefined;
  #soon: (() => void) | undefined;

  constructor(setup: SendTimerSetup) {
    this.#setup = setup;
  }

  /** How many events at the head of the queue may be sent now. */
  dueEvents(): number {
    const { queue, options } = this.#setup;
    const full = queue.events >= options.batchSize || queue.bytes >= options.batchBytes;
    return full ? queue.events : Math.min(queue.due, queue.events);
  }

  schedule(): void {
    if (this.#soon !== undefined) return;
    const { clock, options, queue, send } = this.#setup;
    if (this.dueEvents() > 0) {
      this.#soon = clock.afterPoll(() => {
        this.#soon = undefined;
        send();
      });
    } else if (queue.events > 0) {
      this.#batch ??= clock.after(options.batchTimeoutMs, () => {
        this.#batch = undefined;
        queue.hurry();
        this.schedule();
      });
    }
  }

  cancel(): void {
    this.#batch?.();
    this.#batch = undefined;
    this.#soon?.();
    this.#soon = undefined;
  }
}
