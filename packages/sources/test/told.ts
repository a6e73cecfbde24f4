import { type StreamllEvent, trace } from "@streamll/core";
import { recorded } from "./recorder.js";

/** What a run gives without being recorded and with, and its events. */
export interface Told {
  readonly bare: unknown;
  readonly result: unknown;
  readonly events: StreamllEvent[];
}

/** What a framework tells after the program has its answer. */
const later = () => new Promise((resolve) => setTimeout(resolve, 10));

/** Each run without being recorded, then below a call of the program. */
export async function tellAll(
  runs: Readonly<Record<string, () => Promise<unknown>>>,
  record: () => unknown = () => {},
): Promise<Record<string, Told>> {
  const bare: Record<string, unknown> = {};
  for (const [name, run] of Object.entries(runs)) bare[name] = await run();
  await record();
  const told: Record<string, Told> = {};
  for (const [name, run] of Object.entries(runs))
    told[name] = { bare: bare[name], ...(await recorded(() => trace("program", run).finally(later))) };
  return told;
}
