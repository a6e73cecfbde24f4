import { type StreamllEvent, trace } from "@streamll/core";
import { recorded } from "./recorder.js";

/** The result of a run without recording, its result with recording, and the events. */
export interface RunResult {
  readonly bare: unknown;
  readonly result: unknown;
  readonly events: StreamllEvent[];
}

/** Waits for what a framework reports only after the program has its answer. */
const later = () => new Promise((resolve) => setTimeout(resolve, 10));

/** Runs each program without recording, and then recorded below a call. */
export async function runTwice(
  runs: Readonly<Record<string, () => Promise<unknown>>>,
  record: () => unknown = () => {},
): Promise<Record<string, RunResult>> {
  const bare: Record<string, unknown> = {};
  for (const [name, run] of Object.entries(runs)) bare[name] = await run();
  await record();
  const results: Record<string, RunResult> = {};
  for (const [name, run] of Object.entries(runs))
    results[name] = { bare: bare[name], ...(await recorded(() => trace("program", run).finally(later))) };
  return results;
}
