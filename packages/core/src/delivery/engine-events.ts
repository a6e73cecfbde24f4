import type { DeliveryError, TransportError } from "../errors.js";
import type { OutboundMessage } from "../transport.js";
import type { Problem } from "./report.js";

/** An event that will not be delivered. */
export interface EngineFailure {
  readonly message: OutboundMessage;
  readonly error: DeliveryError;
  readonly attempts: number;
}

/** What an engine tells its listeners. */
export interface EngineEvents {
  connected: [info: { readonly endpoint: string; readonly lane: number }];
  disconnected: [info: { readonly endpoint: string; readonly lane: number; readonly error?: TransportError }];
  blocked: [info: { readonly reason: string }];
  unblocked: [];
  failed: [failure: EngineFailure];
  dropped: [failure: EngineFailure];
  /** Something is wrong that was not a second ago: what `health().problems` lists. */
  problem: [problem: Problem];
  /** A problem that was told is gone. */
  solved: [problem: Problem];
}
