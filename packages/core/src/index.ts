export type { CircuitState, FlushReport, Health, Receipt } from "./delivery/report.js";
export * from "./errors.js";
export { createEvent, parseEvent } from "./event/create-event.js";
export { toWire } from "./event/encode-event.js";
export type { AnyEvent, EventInput, StreamllEvent, WireEvent } from "./event/event.js";
export type { EventSink } from "./event/sink.js";
export { type LogFields, type Logger, silentLogger } from "./logger.js";
export type { DeliveryStats } from "./stats/stats.js";
export type * from "./transport.js";
