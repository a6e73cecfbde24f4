import {
  type AnyEvent,
  configure,
  type EventSink,
  type FlushReport,
  type StreamllEvent,
} from "@streamll/core";

const nothing: FlushReport = {
  sent: 0,
  failed: 0,
  dropped: 0,
  rejected: 0,
  pending: 0,
  durationMs: 0,
} as FlushReport;

/** Keeps all events of the process. */
class Recorder implements EventSink {
  readonly events: StreamllEvent[] = [];

  handleEvent(event: AnyEvent): boolean {
    this.events.push(event as StreamllEvent);
    return true;
  }

  async flush(): Promise<FlushReport> {
    return nothing;
  }

  async stop(): Promise<FlushReport> {
    return nothing;
  }
}

/** Runs the work with recording, and rethrows what it throws. */
export async function recorded<T>(work: () => Promise<T>): Promise<{ events: StreamllEvent[]; result: T }> {
  const recorder = new Recorder();
  const streamll = configure({ sinks: [recorder] });
  try {
    const result = await work();
    return { events: recorder.events, result };
  } finally {
    await streamll.stop();
  }
}
