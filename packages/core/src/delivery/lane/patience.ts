import { TransportError } from "../../errors.js";
import type { LaneSetup } from "./lane-setup.js";

/** What to do about a broker or a network that is silent. */
export const CHECK_THE_BROKER = "Check whether the broker is hung or the network drops packets";

/** An answer may always take this long, in milliseconds, however short `flushTimeout` is. */
const SLOW_MS = 2000;

/** How long the broker may owe an answer. During a flush, time for another connection must be left. */
export function patience({ options, urgent }: Pick<LaneSetup, "options" | "urgent">) {
  const { confirmTimeoutMs, flushTimeoutMs } = options;
  const ms = Math.max(flushTimeoutMs / 2, SLOW_MS);
  return urgent() && ms < confirmTimeoutMs
    ? { ms, option: "half of flushTimeout" }
    : { ms: confirmTimeoutMs, option: "confirmTimeout" };
}

/** The error for abandoning a connection that was silent for this long. */
export function silenceOf(setup: Pick<LaneSetup, "options" | "urgent">): string {
  const { ms, option } = patience(setup);
  return `nothing confirmed and no byte taken for ${ms / 1000} s (${option}). ${CHECK_THE_BROKER}`;
}

/** The error for retrying an event that stayed unanswered while later ones were answered. */
export const overdue = (): TransportError =>
  new TransportError(
    "timeout",
    "others were confirmed, this event was not within confirmTimeout. Check whether one of its queues hangs",
  );
