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

  /** What is wrong with it, if each of these was to come exactly once. */
  differenceTo(eventIds: readonly string[]): string | undefined {
    const came = new Set(this.events.map(({ eventId }) => eventId));
    const missing = eventIds.filter((id) => !came.has(id)).length;
    const extra = this.events.length - (eventIds.length - missing);
    return missing + extra === 0 ? undefined : `${missing} did not arrive, ${extra} arrived that should not`;
  }
}
