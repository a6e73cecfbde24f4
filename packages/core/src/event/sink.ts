import type { FlushReport } from "../delivery/report.js";
import type { AnyEvent } from "./event.js";

/** Where the program's events go. `RabbitMQSink` is one; `configure` takes any. */
export interface EventSink {
  /**
   * Takes the event over. Never throws and never blocks; `false` when it was not taken. `instrument` cannot act on that:
   * the sink says it itself, and counts it as `rejected` in its reports.
   */
  handleEvent(event: AnyEvent): boolean;
  flush(): Promise<FlushReport>;
  stop(): Promise<FlushReport>;
}
