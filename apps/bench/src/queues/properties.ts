import type { WireEvent } from "@streamll/core";
import type { Options } from "amqplib";

export type Properties = (event: WireEvent) => Options.Publish;

/** What most programs set. */
export const bare: Properties = () => ({ persistent: true, contentType: "application/json" });

/** What streamll sets. */
export const full: Properties = (event) => ({
  ...bare(event),
  mandatory: true,
  messageId: event.event_id ?? "",
  correlationId: event.execution_id ?? "",
  type: event.event_type,
  appId: "streamll",
  timestamp: Math.floor(Date.parse(String(event.timestamp)) / 1000),
  headers: {
    streamll_version: "0.0.0",
    event_type: event.event_type,
    operation: event.operation,
    module_name: event.module_name,
    execution_id: event.execution_id,
  },
});
