import type { Broker, Cluster } from "@streamll/brokers";
import { ConsumingBench, PREFETCH } from "./bench.js";
import type { ConsumingFault } from "./fault.js";
import { executionOf } from "./messages.js";

/** What came out of a fault on one broker. */
export interface ConsumingResult {
  readonly fault: ConsumingFault;
  /** Of the broker. */
  readonly version: string;
  readonly events: number;
  readonly lost: number;
  /** Handled again, beyond the first time. */
  readonly twice: number;
  readonly dead: number;
  /** Handled for the first time behind a later event of their execution. */
  readonly outOfOrder: number;
  /** From the end of the fault until something came again; `undefined` where the fault has no end. */
  readonly recoveredMs: number | undefined;
  readonly words: readonly string[];
  /** What is not as expected, each in words. */
  readonly deviations: readonly string[];
}

/** @param cluster of which the broker is a node, where the fault needs one. */
export async function runConsuming(
  fault: ConsumingFault,
  broker: Broker,
  cluster?: Cluster,
): Promise<ConsumingResult> {
  await using bench = await ConsumingBench.for(broker, fault.behaviour ?? "ordinary", cluster);
  bench.options = { ...bench.options, ...fault.options };
  const deviations: string[] = [];
  const attempt = async (step: () => Promise<unknown>) => {
    try {
      await step();
    } catch (error) {
      deviations.push((error as Error).message);
    }
  };
  await attempt(() => fault.inflict(bench));
  for (const word of fault.words ?? []) await attempt(() => bench.said(word));
  await attempt(() => bench.stop());
  await attempt(async () => {
    const left = await bench.depth(bench.name);
    if (left > 0) deviations.push(`${left} messages are left in the queue`);
  });
  const dead = await bench.depth(bench.deadQueue);
  const { handled, put, words } = bench;
  const account = {
    ...accountOf(handled, put, fault.unhandled),
    dead,
    events: put,
    words,
    recoveredMs: recoveryOf(bench),
  };
  deviations.push(...deviationsOf(account, fault, bench));
  return { fault, version: broker.version, ...account, deviations };
}

function recoveryOf({ timeline, mendedAt }: ConsumingBench): number | undefined {
  if (mendedAt === undefined) return undefined;
  let before = 0;
  for (const moment of timeline) {
    if (moment.kind !== "sample") continue;
    if (moment.at <= mendedAt) before = moment.received;
    // A program that began again counts anew.
    else if (moment.received > before || (moment.received > 0 && moment.received < before))
      return moment.at - mendedAt;
  }
  return undefined;
}

function accountOf(handled: readonly number[], put: number, unhandled = 0) {
  const seen = new Set<number>();
  const last = new Map<string, number>();
  let outOfOrder = 0;
  for (const index of handled) {
    if (seen.has(index)) continue;
    seen.add(index);
    const execution = executionOf(index);
    if (index < (last.get(execution) ?? -1)) outOfOrder++;
    else last.set(execution, index);
  }
  return { lost: put - unhandled - seen.size, twice: handled.length - seen.size, outOfOrder };
}

function* deviationsOf(
  { lost, twice, dead, outOfOrder }: Pick<ConsumingResult, "lost" | "twice" | "dead" | "outOfOrder">,
  fault: ConsumingFault,
  { timeline, exits, kills, losses, hasKilledBroker }: ConsumingBench,
): Generator<string> {
  const { dead: wantedDead = 0 } = fault;
  if (lost !== 0) yield `${lost} lost`;
  // A broker that is killed forgets acknowledgements that it has not written down.
  const mostTwice = hasKilledBroker ? Number.POSITIVE_INFINITY : (kills + losses) * PREFETCH;
  if (twice > mostTwice) yield `${twice} were handled twice, ${mostTwice} at most were expected`;
  if (outOfOrder > 0 && !fault.mayOvertake) yield `${outOfOrder} out of order`;
  if (dead !== wantedDead) yield `${dead} dead letters, not ${wantedDead}`;
  for (const moment of timeline)
    if (moment.kind === "uncaught" || moment.kind === "warning") yield `${moment.kind}: ${moment.text}`;
  for (const { byItself, code, signal, stderr } of exits) {
    if (!byItself) yield "something was left after stop() that kept the process alive";
    else if (code !== 0 && signal !== "SIGKILL") yield `a program ended with ${signal ?? code}`;
    if (stderr !== "") yield `a program's standard error: ${stderr.trim()}`;
  }
}
