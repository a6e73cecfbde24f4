import { defaults } from "@streamll/harness";
import type { RabbitMQSinkOptions } from "@streamll/sink";
import { wrongs } from "./judge.js";
import { type Progress, watched } from "./progress.js";
import { Rig } from "./rig.js";
import { seenOf } from "./seen.js";

const RSS_LIMIT = 350e6;
const LOOP_P99_MS = 50;
const PER_SECOND = 5000;
/** By every kill the load waits for the broker; in the end all of it. */
const MOST_MS = 3_600_000;

export interface KillsRequest {
  /** The broker's version begins so. */
  readonly on: string;
  readonly events: number;
  readonly kills: number;
  /** Of the sink, beside those of every run. */
  readonly options?: RabbitMQSinkOptions;
}

/** Kills the broker again and again under the load of one sink. */
export async function withKills({ on, events, kills, options }: KillsRequest, progress: Progress) {
  const member = { name: "million", share: 1, options: { ...defaults, flushTimeout: 60, ...options } };
  await using rig = await Rig.with([member], on, events);
  using _ = watched(rig, progress);
  await rig.start(PER_SECOND);
  const startedAt = performance.now();
  for (let kill = 1; kill <= kills; kill++) {
    const goal = (events * (kill - 0.5)) / kills;
    await rig.until(() => rig.sums.sent >= goal, `${goal} events to be sent`, MOST_MS);
    rig.note(`kill ${kill}`);
    await rig.broker.kill();
    await rig.broker.start();
    rig.note("started");
  }
  await rig.until(() => rig.loaded, "the load to end", MOST_MS);
  await rig.settle();
  const seconds = (performance.now() - startedAt) / 1000;
  const run = seenOf(rig, await rig.finish());
  const { loop } = rig.sample;
  const wrong = wrongs(run, RSS_LIMIT);
  if (loop.p99 > LOOP_P99_MS)
    wrong.push(`event-loop delay p99 ${loop.p99.toFixed(1)} ms, ${LOOP_P99_MS} ms at most are allowed`);
  return { run, loop, seconds, wrong, timeline: rig.timeline, version: rig.broker.version };
}
