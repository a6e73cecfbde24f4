import { InvalidEventError, StreamllError } from "@streamll/core";
import { type Complain, nameOfError } from "./logging.js";

/** Logs why no message could be made of an event, once for each reason. Returns the code under which it counts. */
export function complainOfEvent(error: unknown, complain: Complain): "INVALID_EVENT" | "CALLBACK_FAILED" {
  if (error instanceof InvalidEventError) {
    const field = error.field === "" ? "" : `: check ${error.field}`;
    complain("invalid_event", "event", `rejected an invalid event${field} (reported once)`);
    return "INVALID_EVENT";
  }
  if (!(error instanceof StreamllError))
    complain("invalid_event", "event", `rejected an event: ${nameOfError(error)} (reported once)`);
  return "CALLBACK_FAILED";
}
