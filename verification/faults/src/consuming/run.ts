import { ConsumingBench } from "./bench.js";
import type { ConsumingFault } from "./fault.js";
import { PREFETCH } from "./messages.js";
import { accountOf, deviationsOfExits, type Outcome } from "./result.js";
import type { Seat } from "./seat.js";

/** Brings a fault about that a consumer meets, and compares what comes of it with what is expected. */
export async function runConsuming(seat: Seat<ConsumingFault>): Promise<Outcome> {
  const { fault } = seat;
  await using bench = await ConsumingBench.for(seat);
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
    const left = await bench.source.left();
    if (left > 0) deviations.push(`${left} messages are left in the queue`);
  });
  const dead = await bench.source.dead();
  const { handled, put, words, removed } = bench;
  const account = {
    ...accountOf(handled, put - removed - (fault.unhandled ?? 0)),
    dead,
    events: put,
    words: removed > 0 ? [...words, `${removed} removed unread`] : words,
    recoveredMs: recoveryOf(bench),
  };
  deviations.push(...deviationsOf(account, fault, bench));
  return { ...account, deviations };
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

function* deviationsOf(
  { lost, twice, dead, outOfOrder }: Pick<Outcome, "lost" | "twice" | "dead" | "outOfOrder">,
  fault: ConsumingFault,
  { timeline, exits, mayComeAgain, losses, hasKilledBroker, over }: ConsumingBench,
): Generator<string> {
  const { dead: wantedDead = 0 } = fault;
  if (lost !== 0) yield `${lost} lost`;
  // A broker that is killed forgets acknowledgements that it has not written down; of a stream the consumer knows.
  const forgets = hasKilledBroker && over !== "streams";
  const mostTwice = forgets ? Number.POSITIVE_INFINITY : mayComeAgain + losses * PREFETCH;
  if (twice > mostTwice) yield `${twice} were handled twice, ${mostTwice} at most were expected`;
  if (outOfOrder > 0 && !fault.mayOvertake?.includes(over)) yield `${outOfOrder} out of order`;
  if (dead !== wantedDead) yield `${dead} dead letters, not ${wantedDead}`;
  for (const moment of timeline)
    if (moment.kind === "uncaught" || moment.kind === "warning") yield `${moment.kind}: ${moment.text}`;
  yield* deviationsOfExits(exits);
}
