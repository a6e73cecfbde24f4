export type { CircuitState, FlushReport, Health, Receipt } from "./delivery/report.js";
export * from "./errors.js";
export type { AnyEvent, EventInput, StreamllEvent, WireEvent } from "./event/event.js";
export type { EventSink } from "./event/sink.js";
export { type LogFields, type Logger, silentLogger } from "./logger.js";
export type { DeliveryStats } from "./stats/stats.js";
export type * from "./transport.js";
