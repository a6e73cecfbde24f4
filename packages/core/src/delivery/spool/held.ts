import type { PreparedMessage } from "../../buffer/encoded-event.js";
import type { DeliveryOptions } from "../options.js";

/** The events that were accepted before the folder was open. */
export class Held {
  readonly #options: Pick<DeliveryOptions, "maxBufferedEvents" | "maxBufferedBytes">;
  #events: { readonly message: PreparedMessage; readonly order: number }[] = [];
  #bytes = 0;

  constructor(options: Pick<DeliveryOptions, "maxBufferedEvents" | "maxBufferedBytes">) {
    this.#options = options;
  }

  get isEmpty(): boolean {
    return this.#events.length === 0;
  }

  /** Whether there is room for another one of so many bytes. */
  takes(bytes: number): boolean {
    const { maxBufferedEvents, maxBufferedBytes } = this.#options;
    return this.#events.length < maxBufferedEvents && this.#bytes + bytes <= maxBufferedBytes;
  }

  push(message: PreparedMessage, order: number, bytes: number): void {
    this.#events.push({ message, order });
    this.#bytes += bytes;
  }

  /** Lets go of all of them, in order. */
  release(take: (message: PreparedMessage, order: number) => void): void {
    const events = this.#events;
    this.#events = [];
    this.#bytes = 0;
    for (const { message, order } of events) take(message, order);
  }
}
