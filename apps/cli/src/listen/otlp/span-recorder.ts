import {
  type Configured,
  configure,
  type FlushReport,
  type Logger,
  type StreamllEvent,
} from "@streamll/core";
import { recordSpan } from "@streamll/sources/otel";
import type { SentSpan } from "./spans.js";

const nothing: FlushReport = {
  sent: 0,
  failed: 0,
  dropped: 0,
  rejected: 0,
  pending: 0,
  failures: {},
  durationMs: 0,
};

/** Makes events of spans as `@streamll/sources/otel` does. One at a time: recording is the process's. */
export class SpanRecorder {
  #told: StreamllEvent[] = [];
  readonly #configured: Configured;

  constructor(logger: Logger) {
    const handleEvent = (event: unknown) => {
      this.#told.push(event as StreamllEvent);
      return true;
    };
    const stop = async () => nothing;
    this.#configured = configure({ sinks: [{ handleEvent, flush: stop, stop }], logger });
  }

  /** The same each time: a request that is sent again makes events with the same ids. */
  eventsOf({ span, service }: SentSpan): StreamllEvent[] {
    this.#told = [];
    recordSpan(span);
    const { spanId } = span.spanContext();
    return this.#told.map((event) => ({
      ...event,
      eventId: event.eventId === spanId ? spanId : `${spanId}-${event.eventType}`,
      tags: { ...event.tags, ...(service !== undefined && { service_name: service }) },
    }));
  }

  async stop(): Promise<void> {
    await this.#configured.stop();
  }
}
