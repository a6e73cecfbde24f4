import { type Expectation, NOISE } from "./fault.js";
import type { Run } from "./run.js";
import { sayings } from "./sayings.js";

/** What a run has against what was expected of it, each in words. */
export function deviations(run: Run, expected: Expectation): string[] {
  return [
    ...run.trouble,
    ...ofTheProcess(run, expected),
    ...ofTheEvents(run, expected),
    ...ofTheTimes(run, expected),
    ...ofTheWords(run, expected),
    ...(expected.also?.(run) ?? []),
  ];
}

function* ofTheProcess({ timeline, exit, verdict }: Run, expected: Expectation): Generator<string> {
  for (const moment of timeline) {
    if (moment.kind === "uncaught") yield `uncaught: ${moment.text}`;
    if (moment.kind === "warning") yield `the process was warned: ${moment.text}`;
  }
  if (!exit.byItself) yield "something was left after stop() that kept the process alive";
  else if (expected.exit !== undefined && "signal" in expected.exit) {
    if (exit.signal !== expected.exit.signal)
      yield `ended by ${exit.signal ?? exit.code}, not by ${expected.exit.signal}`;
  } else {
    const { code } = expected.exit ?? { code: 0 };
    if (exit.code !== code) yield `ended with ${exit.signal ?? exit.code}, not with ${code}`;
  }
  if (exit.stderr !== "") yield `the program's standard error: ${exit.stderr.trim()}`;
  if (verdict === undefined) yield "stop() gave no report";
}

function* ofTheEvents({ account, verdict, inFlightAtMost }: Run, expected: Expectation): Generator<string> {
  const { lost, duplicated, foreign, outOfOrder, accepted } = account;
  const { lost: mayBeLost = 0, failed = {}, refused = 0, order = "kept" } = expected;
  if (lost.length !== mayBeLost) yield `${lost.length} lost (${few(lost)}), not ${mayBeLost}`;
  const most = expected.duplicated === "in flight" ? inFlightAtMost : 0;
  if (duplicated > most) yield `${duplicated} came twice, ${most} at most were expected`;
  if (foreign > 0) yield `${foreign} messages are none of the program's`;
  if (order === "kept" && outOfOrder.length > 0)
    yield `${outOfOrder.length} out of order (${few(outOfOrder)})`;
  if (verdict === undefined) return;
  const { failures, stats, report } = verdict;
  for (const code of new Set([...Object.keys(failures), ...Object.keys(failed)])) {
    const count = failures[code]?.length ?? 0;
    const wanted = failed[code as keyof typeof failed] ?? 0;
    if (wanted === "some" ? count === 0 : count !== wanted)
      yield `${count} failed with ${code}, not ${wanted}`;
    const reported = report.failures[code as keyof typeof failed] ?? 0;
    if (reported !== count) yield `stop() reports ${reported} of ${code}, onFailure told of ${count}`;
  }
  if (verdict.refused.length !== refused) yield `${verdict.refused.length} were not taken, not ${refused}`;
  const settled = stats.events_sent + stats.events_failed + stats.events_dropped;
  if (stats.events_received !== accepted)
    yield `${accepted} were taken, stats() counts ${stats.events_received}`;
  if (settled !== accepted || report.pending !== 0)
    yield `of ${accepted} events ${settled} are settled after stop()`;
}

function* ofTheTimes(run: Run, { recoveredWithinMs, noticedWithinMs }: Expectation): Generator<string> {
  if (recoveredWithinMs !== undefined) yield* late(run.recoveredMs, recoveredWithinMs, "recovered");
  if (noticedWithinMs !== undefined) yield* late(run.noticedMs, noticedWithinMs, "noticed");
}

function* late(ms: number | undefined, limit: number, what: string): Generator<string> {
  const most = limit * NOISE;
  if (ms === undefined) yield `not ${what}`;
  else if (ms > most) yield `${what} after ${Math.round(ms)} ms, ${most} ms at most were expected`;
}

function* ofTheWords(run: Run, { health = [], events = [], log = [] }: Expectation): Generator<string> {
  const said = sayings(run);
  for (const pattern of health) {
    if (!said.health.some((text) => pattern.test(text)))
      yield `health() never said ${pattern}, but ${list(said.health)}`;
  }
  for (const name of events) if (!said.events.includes(name)) yield `the event ${name} did not come`;
  for (const pattern of log) {
    if (!said.log.some((text) => pattern.test(text)))
      yield `the log never said ${pattern}, but ${list(said.log)}`;
  }
}

const few = (ids: readonly string[]): string => `${ids.slice(0, 5).join(", ")}${ids.length > 5 ? " …" : ""}`;
const list = (texts: readonly string[]): string => JSON.stringify(texts.slice(0, 10));
