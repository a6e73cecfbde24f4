export type { ConsumingStats } from "./consuming/counts.js";
export type { DedupStore } from "./consuming/dedup.js";
export { DeadLetter, RetryLater } from "./consuming/handler-errors.js";
export type { OffsetStore } from "./consuming/offset-store.js";
export type { ConsumingEvents, ConsumingHealth, ConsumingReport } from "./consuming/report.js";
export type { HandlerContext } from "./consuming/try.js";
export type { CallEnding } from "./context/call-around.js";
export type { CallHandle, EndOptions } from "./context/call-handle.js";
export type { EventFilter } from "./context/configuration.js";
export { type Configured, type ConfigureOptions, configure } from "./context/configure.js";
export { continueExecution } from "./context/continue-execution.js";
export { type EventFields, emit } from "./context/emit.js";
export { type InstrumentOptions, instrument } from "./context/instrument.js";
export { type OpenCallOptions, openCall } from "./context/open-call.js";
export type {
  CallOptions,
  CaptureOptions,
  CaptureRule,
  PlaceOptions,
  RecordingOptions,
  TokenMode,
} from "./context/options.js";
export { type StopOnSignalsOptions, stopOnSignals } from "./context/stop-on-signals.js";
export { type TraceOptions, trace } from "./context/trace.js";
export type { CircuitState, FlushReport, Health, Problem, Receipt } from "./delivery/report.js";
export * from "./errors.js";
export { createEvent, parseEvent } from "./event/create-event.js";
export { toWire } from "./event/encode-event.js";
export type { AnyEvent, EventInput, StreamllEvent, WireEvent } from "./event/event.js";
export type { EventSink } from "./event/sink.js";
export { type LogFields, type Logger, silentLogger } from "./logger.js";
export { outboundMessage } from "./message.js";
export type { DeliveryStats } from "./telemetry/stats.js";
export type * from "./transport.js";
export type * from "./transport-description.js";
