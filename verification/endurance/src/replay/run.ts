import { randomUUID } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { ReplayReport } from "@streamll/consumer";
import { ChildProgram } from "@streamll/harness";
import type { Progress } from "../progress.js";
import { putLetters, takeLetters } from "./letters.js";
import type { ReplaySaid, ReplaySetup } from "./messages.js";

export interface ReplayRequest {
  readonly url: string;
  readonly letters: number;
  readonly kills: number;
  readonly progress: Progress;
}

export interface ReplayRun {
  readonly lost: number;
  /** Ids that came twice. */
  readonly twice: number;
  /** Those that the report of the last run names. */
  readonly doubtful: number;
  /** That came twice, and are not named. */
  readonly unnamed: number;
  readonly seconds: number;
  readonly wrong: readonly string[];
}

/** Kills a replay with a journal again and again; the next run goes on with it. */
export async function replayThroughKills({
  url,
  letters,
  kills,
  progress,
}: ReplayRequest): Promise<ReplayRun> {
  const target = `replayed-${randomUUID()}`;
  const queue = `${target}.failed`;
  const folder = await mkdtemp(join(tmpdir(), "streamll-replay-"));
  const wrong: string[] = [];
  const setup: ReplaySetup = { url, queue, journal: join(folder, "journal") };
  try {
    await putLetters(url, queue, target, letters);
    const startedAt = performance.now();
    for (let done = 0; done < kills; done++) {
      const killAt = 1 + Math.floor((Math.random() * letters) / (kills + 2));
      if ((await runOnce(setup, killAt)) !== undefined) wrong.push(`a run was over before ${killAt} letters`);
      progress(`killed after ${killAt} letters`);
    }
    const report = await runOnce(setup, Number.POSITIVE_INFINITY);
    const seconds = (performance.now() - startedAt) / 1000;
    const { came, left } = await takeLetters(url, queue, target);
    if (report === undefined) throw new Error("the last run gave no report");
    const { failed, unacknowledged, incomplete, doubtful } = report;
    const named = new Set(doubtful);
    const doubles = [...came].flatMap(([id, times]) => (times > 1 ? [id] : []));
    const [lost, unnamed] = [letters - came.size, doubles.filter((id) => !named.has(id)).length];
    if (lost > 0) wrong.push(`${lost} letters were lost`);
    if (unnamed > 0) wrong.push(`${unnamed} letters came twice, and no report names them`);
    if (left > 0) wrong.push(`${left} letters are left in the queue`);
    if (failed + unacknowledged > 0) wrong.push(`${failed} failed, ${unacknowledged} were not acknowledged`);
    if (incomplete !== undefined) wrong.push(`the last run was not complete: ${incomplete}`);
    return { lost, twice: doubles.length, doubtful: named.size, unnamed, seconds, wrong };
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** Killed after so many letters. Gives the report of a run that was not. */
async function runOnce(setup: ReplaySetup, killAt: number): Promise<ReplayReport | undefined> {
  using program = new ChildProgram<object, ReplaySaid>(new URL("program.ts", import.meta.url), setup);
  let report: ReplayReport | undefined;
  program.onSaid = (said) => {
    if ("report" in said) report = said.report;
    else if (said.replayed >= killAt) program[Symbol.dispose]();
  };
  await program.exited;
  return report;
}
