import { onTestFinished } from "vitest";
import {
  type AnyEvent,
  type Configured,
  type ConfigureOptions,
  configure,
  type EventSink,
  type FlushReport,
  type StreamllEvent,
} from "../../src/index.js";
import { nothing } from "./programs/nothing.js";

export class Recorder implements EventSink {
  readonly events: StreamllEvent[] = [];
  stops = 0;

  handleEvent(event: AnyEvent): boolean {
    this.events.push(event as StreamllEvent);
    return true;
  }

  async flush(): Promise<FlushReport> {
    return nothing;
  }

  async stop(): Promise<FlushReport> {
    this.stops++;
    return nothing;
  }

  get types(): string[] {
    return this.events.map(({ eventType }) => eventType);
  }

  /** The first event of the type, of the operation where one is given. */
  one(eventType: string, operation?: string): StreamllEvent {
    const found = this.events.find(
      (event) => event.eventType === eventType && (operation === undefined || event.operation === operation),
    );
    if (found === undefined) throw new Error(`no ${eventType} of ${operation}; there are ${this.types}`);
    return found;
  }

  all(eventType: string): StreamllEvent[] {
    return this.events.filter((event) => event.eventType === eventType);
  }
}

/** Records all events until the test is over. */
export function record(options: Omit<ConfigureOptions, "sinks"> = {}): Recorder {
  const recorder = new Recorder();
  const configured: Configured = configure({ sinks: [recorder], ...options });
  onTestFinished(() => void configured.stop());
  return recorder;
}
