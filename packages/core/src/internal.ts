// What sibling packages build on; outside semver.

export { type Clock, systemClock } from "./delivery/clock.js";
export * from "./delivery/engine.js";
export {
  type CircuitBreakerOptions,
  type DeliveryOptions,
  defaultDeliveryOptions,
  type Overflow,
} from "./delivery/options.js";
