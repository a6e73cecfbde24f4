import type { EngineEvents } from "@streamll/core/internal";
import type { Failure } from "./failure.js";

/** Events of a sink; none is emitted in the middle of a call of yours. */
export interface SinkEvents extends Omit<EngineEvents, "failed" | "dropped"> {
  failed: [failure: Failure];
  dropped: [failure: Failure];
}
