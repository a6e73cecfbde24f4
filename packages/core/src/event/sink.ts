import type { FlushReport } from "../delivery/report.js";
import type { AnyEvent } from "./event.js";

/** Where the program's events go. `RabbitMQSink` is one; `configure` takes any. */
export interface EventSink {
  /**
   * Accepts an event. Never throws and never blocks; returns `false` if the event was not accepted. `instrument` cannot
   * act on that: the sink itself logs it, and counts it as `rejected` in its reports.
   */
  handleEvent(event: AnyEvent): boolean;
  flush(): Promise<FlushReport>;
  stop(): Promise<FlushReport>;
}
