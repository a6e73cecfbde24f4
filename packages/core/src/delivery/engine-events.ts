import type { DeliveryError, TransportError } from "../errors.js";
import type { OutboundMessage } from "../transport.js";
import type { Problem } from "./report.js";

/** An event that will not be delivered. */
export interface EngineFailure {
  readonly message: OutboundMessage;
  readonly error: DeliveryError;
  readonly attempts: number;
}

/** The events of an engine. */
export interface EngineEvents {
  connected: [info: { readonly endpoint: string; readonly lane: number }];
  disconnected: [info: { readonly endpoint: string; readonly lane: number; readonly error?: TransportError }];
  blocked: [info: { readonly reason: string }];
  unblocked: [];
  failed: [failure: EngineFailure];
  dropped: [failure: EngineFailure];
  /** A new problem, as `health().problems` lists it, at most a second after it began. */
  problem: [problem: Problem];
  /** A reported problem is over. */
  solved: [problem: Problem];
}
