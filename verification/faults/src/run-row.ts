import { shareOfLane } from "@streamll/harness";
import { accountOf, type Found } from "./account.js";
import { Bench, type Place } from "./bench.js";
import { type Expectation, NOISE, type Row } from "./fault.js";
import type { Moment } from "./host-program.js";
import type { Run } from "./run.js";

/** Of `stop()`, above its flushTimeout. */
const STOP_SLACK_MS = 1000;

export async function runRow(row: Row, place: Place): Promise<Run> {
  const bench = await Bench.for(row, place);
  const trouble: string[] = [];
  const attempt = (step: () => Promise<void>) =>
    step().catch((error: Error) => {
      trouble.push(error.message);
    });
  await attempt(() => row.inflict(bench));
  let found: Found[] = [];
  if (bench.started) {
    if (trouble.length > 0) await attempt(() => bench.heal());
    else await attempt(() => recovery(bench, row.expect));
    await attempt(() => finish(bench));
    await bench.program.end();
    await attempt(async () => {
      found = await bench.readBack();
    });
  }
  await attempt(() => bench[Symbol.asyncDispose]());
  if (!bench.started) throw new Error(trouble.join("; "));
  return { ...(await seen(bench, found)), trouble };
}

async function recovery(bench: Bench, { recoveredWithinMs, events = [] }: Expectation): Promise<void> {
  if (recoveredWithinMs === undefined) return;
  const { program, mendedAt } = bench;
  const recovered = () => recoveryOf(program.timeline, mendedAt) !== undefined;
  await program.until(recovered, "the sink to recover", recoveredWithinMs * NOISE + 1000);
  // A second later, maybe.
  if (events.includes("solved")) await bench.said(/^solved/);
}

async function seen(bench: Bench, found: readonly Found[]): Promise<Omit<Run, "trouble">> {
  const { program, faultAt, mendedAt } = bench;
  const { timeline, verdict } = program;
  const mute = { offered: program.last?.accepted ?? 0, besides: [], refused: [], failures: {} };
  return {
    timeline,
    verdict,
    exit: await program.exited,
    account: accountOf(found, verdict ?? mute),
    inFlightAtMost: inFlightAtMost(bench),
    faultAt,
    recoveredMs: recoveryOf(timeline, mendedAt),
    noticedMs: noticeOf(timeline, faultAt),
  };
}

/** Ends the load, unless it is counted, and then the program. */
async function finish({ program, load, options }: Bench): Promise<void> {
  if (load.events === undefined) program.do({ do: "enough" });
  await program.until(() => program.has("loaded") || program.verdict !== undefined, "the load to end");
  program.do({ do: "stop" });
  const seconds = Number(options.flushTimeout);
  await program.until(
    () => program.verdict !== undefined,
    `stop(), which has ${seconds} s`,
    seconds * 1000 + STOP_SLACK_MS,
  );
}

function recoveryOf(timeline: readonly Moment[], mendedAt: number | undefined): number | undefined {
  if (mendedAt === undefined) return undefined;
  let before = 0;
  for (const moment of timeline) {
    if (moment.kind !== "sample") continue;
    const { health, stats, at } = moment;
    if (at <= mendedAt) before = stats.events_sent;
    else if (health.status === "up" && stats.events_sent > before) return at - mendedAt;
  }
  return undefined;
}

function noticeOf(timeline: readonly Moment[], faultAt: number): number | undefined {
  const notice = timeline.find(
    (moment) =>
      moment.at >= faultAt &&
      ((moment.kind === "sample" && moment.health.status !== "up") ||
        (moment.kind === "event" && ["disconnected", "blocked", "problem"].includes(moment.name))),
  );
  return notice && notice.at - faultAt;
}

/** A lane has at most its share in flight when it loses its connection. */
function inFlightAtMost({ program, options, over }: Bench): number {
  const losses = program.timeline.filter(
    (moment) => moment.kind === "event" && moment.name === "disconnected" && moment.hadError,
  );
  return losses.length * shareOfLane(options, over);
}
