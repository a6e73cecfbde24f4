import type { Broker } from "@streamll/brokers";
import { accountOf, deviationsOfExits, type Outcome } from "../result.js";
import { ReplayBench } from "./bench.js";
import type { ReplayFault } from "./fault.js";

/** Brings a fault about, and counts what is in both queues then. */
export async function runReplay(fault: ReplayFault, broker: Broker): Promise<Outcome> {
  await using bench = await ReplayBench.for(broker, fault.queueType ?? "classic");
  const deviations: string[] = [];
  const { dead: wanted = 0 } = fault;
  try {
    await fault.replay(bench);
    await bench.hasLetters(wanted);
  } catch (error) {
    deviations.push((error as Error).message);
  }
  await bench.end();
  const came = await bench.taken(bench.home);
  const left = await bench.taken(bench.queue);
  // What is left was handed to nobody, and is not lost.
  const account = accountOf([...came, ...left], bench.put);
  const outOfOrder = accountOf(came, 0).outOfOrder + accountOf(left, 0).outOfOrder;
  if (account.lost !== 0) deviations.push(`${account.lost} lost`);
  if (left.length !== wanted) deviations.push(`${left.length} dead letters, not ${wanted}`);
  if (outOfOrder > 0 && !fault.mayOvertake) deviations.push(`${outOfOrder} out of order`);
  deviations.push(...unnamed(bench, [...came, ...left]), ...deviationsOf(bench));
  return {
    ...{ ...account, outOfOrder, deviations, events: bench.put, dead: left.length },
    ...{ recoveredMs: undefined, words: wordsOf(bench) },
  };
}

/** Each double has to be named as one that may be double. */
function* unnamed({ reports }: ReplayBench, found: readonly number[]): Generator<string> {
  const named = new Set(reports.flatMap(({ doubtful }) => doubtful.map(Number)));
  const seen = new Set<number>();
  let doubles = 0;
  for (const index of found) {
    if (seen.has(index) && !named.has(index)) doubles++;
    seen.add(index);
  }
  if (doubles > 0) yield `${doubles} twice that no report names`;
}

function* deviationsOf({ said, exits }: ReplayBench): Generator<string> {
  for (const one of said) if (one.kind === "warning") yield `warning: ${one.text}`;
  yield* deviationsOfExits(exits);
}

/** Of the report of the last run. */
function wordsOf({ reports }: ReplayBench): string[] {
  const report = reports.at(-1);
  if (report === undefined) return [];
  const { replayed, acknowledged, doubtful, failed, problems } = report;
  const counts = { replayed, acknowledged, "named as doubtful": doubtful.length, failed };
  const words = Object.entries(counts).flatMap(([word, count]) => (count > 0 ? [`${count} ${word}`] : []));
  return [...words, ...problems.map(({ code }) => code)];
}
