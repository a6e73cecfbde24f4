import type { DeliveryErrorCode } from "@streamll/core";
import type { Exit } from "@streamll/harness";
import type { LongAccount } from "./ledger.js";
import type { SinkVerdict } from "./messages.js";

/** All that was seen of one sink. */
export interface SinkSeen {
  readonly name: string;
  readonly account: LongAccount;
  readonly verdict: SinkVerdict;
  /** What the connections that were lost may have had in flight. */
  readonly inFlightAtMost: number;
  readonly mayFail: readonly DeliveryErrorCode[];
}

export interface LongRun {
  readonly sinks: readonly SinkSeen[];
  readonly exit: Exit;
  readonly uncaught: readonly string[];
  readonly rssMaxBytes: number;
}

/** What is wrong with a run, each in words. */
export function wrongs({ sinks, exit, uncaught, rssMaxBytes }: LongRun, rssLimitBytes: number): string[] {
  return [...uncaught, ...ofTheExit(exit), ...sinks.flatMap((sink) => [...ofTheSink(sink)]), ...ofMemory()];

  function* ofMemory(): Generator<string> {
    if (rssMaxBytes > rssLimitBytes)
      yield `the program had ${megabytes(rssMaxBytes)} MB resident, ${megabytes(rssLimitBytes)} at most are allowed`;
  }
}

export const megabytes = (bytes: number): number => Math.round(bytes / 1e6);

function* ofTheExit({ byItself, code, signal, stderr }: Exit): Generator<string> {
  if (!byItself) yield "something was left after stop() that kept the process alive";
  else if (code !== 0) yield `the program ended with ${signal ?? code}`;
  if (stderr !== "") yield `the program's standard error: ${stderr.trim()}`;
}

function* ofTheSink({ name, account, verdict, inFlightAtMost, mayFail }: SinkSeen): Generator<string> {
  const { accepted, unsent, duplicated, outOfOrder, lost, firstLost, foreign, unsentTwice } = account;
  const { stats, report } = verdict;
  const told = Object.values(unsent).reduce((sum, count) => sum + count, 0);
  const { events_received, events_sent, events_retried } = stats;
  const notSent = stats.events_failed + stats.events_dropped;
  if (lost > 0) yield `${name}: ${lost} lost (${firstLost.join(", ")})`;
  if (duplicated > inFlightAtMost)
    yield `${name}: ${duplicated} came twice, at most ${inFlightAtMost} were in flight on lost connections`;
  if (foreign > 0) yield `${name}: ${foreign} messages are none of its events`;
  // Only what the broker refused may be overtaken.
  if (outOfOrder > events_retried)
    yield `${name}: ${outOfOrder} out of order, and only ${events_retried} were tried again`;
  if (unsentTwice > 0) yield `${name}: ${unsentTwice} were told twice to have failed`;
  if (told !== notSent) yield `${name}: ${notSent} failed or were dropped, ${told} were told`;
  if (events_received !== accepted)
    yield `${name}: ${accepted} were taken, stats() counts ${events_received}`;
  if (events_sent + notSent !== accepted || report.pending !== 0)
    yield `${name}: of ${accepted} events ${events_sent + notSent} are settled after stop()`;
  for (const [code, count] of Object.entries(unsent)) {
    if (!mayFail.some((may) => may === code)) yield `${name}: ${count} failed with ${code}`;
    const reported = report.failures[code as DeliveryErrorCode] ?? 0;
    if (reported !== count) yield `${name}: stop() reports ${reported} of ${code}, ${count} were told`;
  }
}
