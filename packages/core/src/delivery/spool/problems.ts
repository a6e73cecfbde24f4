import { DeliveryError, StreamllError } from "../../errors.js";
import type { Logger } from "../../logger.js";
import type { Spool } from "../../spool/spool.js";
import { logLine } from "../../telemetry/log-lines.js";
import type { LogThrottle } from "../../telemetry/log-throttle.js";
import type { Problem } from "../report.js";

const FILLING = 0.8;

export const leftAtStop = (): DeliveryError =>
  new DeliveryError(
    "SPOOLED_AT_STOP",
    "stopped before it was delivered: it lies in the spool, and the next program sends it",
  );

export const unsentAtStop = (): DeliveryError =>
  new DeliveryError("UNSENT_AT_STOP", "stopped before it could be sent, or written to the spool");

export const damagedInSpool = (): DeliveryError =>
  new DeliveryError("SPOOL_DAMAGED", "the spool's file was changed or damaged, and the event in it lost");

export function unwritable(reason: string, cause?: unknown): StreamllError {
  const message = `the spool cannot be written: ${reason}. Free disk space, make the folder writable, or set another by spool.directory`;
  return new StreamllError("SPOOL_UNWRITABLE", message, { cause });
}

/** What `health()` says of a spool that is open. */
export function problemsOf({ failure, bytes, isSlow, unwrittenBytes }: Spool, maxBytes: number): Problem[] {
  const problems: Problem[] = [];
  if (failure !== undefined) problems.push(unwritable(failure.message));
  if (bytes > FILLING * maxBytes) {
    const share = Math.round((100 * bytes) / maxBytes);
    const message = `the spool is ${share} % full (${bytes} bytes): events arrive faster than the broker accepts them. Check the other problems, or raise spool.maxBytes`;
    problems.push({ code: "SPOOL_FULL", message });
  }
  if (isSlow) {
    const message = `the disk of the spool is slow: ${unwrittenBytes} bytes are written beside the program, and would be lost if it were killed now. Await spooled(), or use a faster disk`;
    problems.push({ code: "SPOOL_SLOW", message });
  }
  return problems;
}

/** Why a spool that is open accepts no event. */
export function whyFull({ failure, isWilling, unwrittenBytes, bytes }: Spool): string {
  if (failure !== undefined) return unwritable(failure.message).message;
  if (!isWilling)
    return `the disk of the spool is too slow (${unwrittenBytes} bytes are unwritten); wait for ready()`;
  return `the spool is full (${bytes} bytes); wait for ready(), or raise spool.maxBytes`;
}

/** Logs that the folder cannot be used at all. */
export function logUnusable(logger: Logger, { code, message }: StreamllError, isRequired: boolean): void {
  logLine(logger, "spool_failed", { code }, isRequired ? message : `${message}. Going on in memory`);
}

/** Logs that the disk takes nothing now. */
export function logFailing(throttle: LogThrottle, failure: Error): void {
  const { message, code } = unwritable(failure.message);
  throttle.log("spool_failed", { code }, message);
}
