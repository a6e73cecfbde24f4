import { measured } from "./child.js";
import { type FieldName, fields } from "./fields.js";
import type { Run } from "./run.js";
import { share, warmUpOf } from "./warm-up.js";

/** By name, the runs of each contestant, one a round. */
export type Runs = ReadonlyMap<string, readonly Run[]>;

export interface Umpire {
  /** Told how many events a run has. */
  before?(events: number): Promise<void>;
  /** Counts what arrived. */
  after(events: number, who: string): Promise<void>;
}

/** Runs each contestant once a round, so that whatever the machine does meanwhile meets all of them. */
export async function race(
  field: FieldName,
  url: string,
  { events, rounds }: { readonly events: number; readonly rounds: number },
  umpire: Umpire,
): Promise<Runs> {
  const names = Object.keys(fields[field]);
  const runs = new Map<string, Run[]>(names.map((name) => [name, []]));
  for (let round = 0; round < rounds; round++) {
    // Another one begins each round: none always comes after the slowest.
    const first = round % names.length;
    for (const name of [...names.slice(first), ...names.slice(0, first)]) {
      const { publishesNothing, slower = 1 } = fields[field][name]!;
      const own = share(events, slower);
      const total = warmUpOf(own) + own;
      if (!publishesNothing) await umpire.before?.(total);
      const run = await measured<Run>("./run.ts", [field, name, url, String(own)]);
      if (!publishesNothing) await umpire.after(total, name);
      runs.get(name)!.push(run);
      const rate = Math.round(run.eventsPerSecond);
      const cpu = run.cpuMicros.toFixed(1);
      console.error(`round ${round + 1}/${rounds}  ${name.padEnd(10)}  ${rate} events/s, ${cpu} µs`);
    }
  }
  return runs;
}
