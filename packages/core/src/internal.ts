// What sibling packages build on; outside semver.
export * from "./delivery/engine.js";
export { type DeliveryOptions, type CircuitBreakerOptions, type Overflow, defaultDeliveryOptions } from "./delivery/options.js";
export { type Clock, systemClock } from "./delivery/clock.js";
