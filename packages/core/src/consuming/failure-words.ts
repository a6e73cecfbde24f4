import { nameOfError } from "../callback.js";
import { isStreamllError } from "../copies.js";
import type { Failure } from "./decide.js";
import { DedupUnready } from "./dedup.js";
import { GivenBack } from "./handler-errors.js";

/** What a try that threw this has failed by. By shape: another copy of this package may have made the error. */
export function failureOf(error: unknown): Failure {
  if (error instanceof DedupUnready) return { kind: "unready" };
  if (error instanceof GivenBack) return { kind: "interrupted" };
  if (!isStreamllError(error)) return { kind: "threw" };
  const { name, code, message } = error;
  if (name === "DeadLetter") return { kind: "dead", code, why: message };
  const { delayMs } = error as { readonly delayMs?: unknown };
  if (name === "RetryLater" && typeof delayMs === "number") return { kind: "later", delayMs };
  return { kind: "threw" };
}

/** What a handler did, for the log. */
export function howFailed({ kind }: Failure, error: unknown): string {
  if (kind === "timeout") return "took longer than handlerTimeout";
  return kind === "lost" ? "lost the lock of its message" : `threw ${nameOfError(error)}`;
}

/** Of a try that failed: see `ConsumingEvents`. */
export function codeOf(failure: Failure, error: unknown): string {
  if (failure.kind === "timeout") return "HANDLER_TIMEOUT";
  if (failure.kind === "lost") return "LOCK_LOST";
  if (failure.kind === "interrupted") return "STOPPED";
  if (failure.kind === "unready") return "DEDUP_FAILED";
  if (failure.kind === "dead") return failure.code;
  if (failure.kind === "later") return (error as { readonly code: string }).code;
  return "HANDLER_FAILED";
}

/** Of what a handler threw, or rejected with. */
export const codeOfThrown = (error: unknown): string => codeOf(failureOf(error), error);
