import type { DeliveryStats } from "@streamll/core";
import type { Expectation } from "../src/fault.js";
import type { Moment } from "../src/host-program.js";
import type { Said, Verdict } from "../src/messages.js";
import type { Run } from "../src/run.js";

export const moment = (said: Said, at = 50): Moment => ({ ...said, at });

export const verdict = (
  seen: { stats?: Partial<DeliveryStats> } & Partial<Omit<Verdict, "stats">> = {},
): Verdict => ({
  kind: "stopped",
  report: { sent: 4, failed: 0, dropped: 0, rejected: 0, pending: 0, failures: {}, durationMs: 1 },
  offered: 4,
  besides: [],
  refused: [],
  failures: {},
  ...seen,
  stats: {
    events_received: 4,
    events_sent: 4,
    events_failed: 0,
    events_dropped: 0,
    ...seen.stats,
  } as DeliveryStats,
});

/** Four events, one lost connection, all well. */
export const run = (seen: Partial<Run> = {}): Run => ({
  timeline: [moment({ kind: "event", name: "disconnected", text: "", hadError: true })],
  verdict: verdict(),
  exit: { code: 0, signal: null, byItself: true, stderr: "" },
  account: { accepted: 4, lost: [], duplicated: 0, foreign: 0, outOfOrder: [] },
  inFlightAtMost: 100,
  faultAt: 0,
  recoveredMs: 10,
  noticedMs: 10,
  trouble: [],
  ...seen,
});

/** What {@link run} fits. */
export const good: Expectation = {
  duplicated: "none",
  recoveredWithinMs: 100,
  noticedWithinMs: 100,
  events: ["disconnected"],
};
