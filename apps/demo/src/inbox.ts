import { parseEvent, type StreamllEvent } from "@streamll/core";

/** The events that came out of the queue, in the order in which they came. */
export class Inbox {
  readonly events: StreamllEvent[] = [];
  #added = () => {};

  add(body: Buffer): void {
    this.events.push(parseEvent(JSON.parse(body.toString())));
    this.#added();
  }

  /** Resolves when so many are there, or when the time is over. */
  until(count: number, timeoutMs: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, timeoutMs);
      this.#added = () => {
        if (this.events.length < count) return;
        clearTimeout(timer);
        resolve();
      };
      this.#added();
    });
  }

  /** Whether each of these events is there once, and no other. */
  holdsExactly(eventIds: readonly string[]): boolean {
    const held = new Set(this.events.map(({ eventId }) => eventId));
    return this.events.length === eventIds.length && eventIds.every((id) => held.has(id));
  }
}
