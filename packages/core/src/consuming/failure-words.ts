import { nameOfError } from "../callback.js";
import type { Failure } from "./decide.js";

/** What a handler did, for the log. */
export function howFailed({ kind }: Failure, error: unknown): string {
  if (kind === "timeout") return "took longer than handlerTimeout";
  return kind === "lost" ? "lost the lock of its message" : `threw ${nameOfError(error)}`;
}

/** Of a try that failed: see `ConsumingEvents`. */
export function codeOf(failure: Failure, error: unknown): string {
  if (failure.kind === "timeout") return "HANDLER_TIMEOUT";
  if (failure.kind === "lost") return "LOCK_LOST";
  if (failure.kind === "unready") return "DEDUP_FAILED";
  if (failure.kind === "dead") return failure.code;
  if (failure.kind === "later") return (error as { readonly code: string }).code;
  return "HANDLER_FAILED";
}
