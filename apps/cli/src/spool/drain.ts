import { resolve as absolute } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { type DeliveryEngine, printableJson } from "@streamll/core/internal";
import {
  deadLetterOf,
  destinationIn,
  engineOn,
  isFor,
  lookAtFolder,
  type OwnFolder,
  overSinkEnvironment,
  ownerOf,
  type Plan,
  takeFolder,
} from "@streamll/sink/internal";
import { planWith } from "../broker/plan.js";
import { sinkOptions } from "../command/sink-flags.js";
import { connect, loggerTo, waitingNote } from "../command/start.js";
import { bar, cell, counted, number } from "../dlq/text.js";
import { drawProgress } from "../draw-progress.js";
import { exitCode } from "../exit.js";
import { codeOf } from "../named-file.js";
import { nameOf } from "./folders.js";
import { ownersOf, whyNot } from "./owners.js";
import type { Task } from "./task.js";

const LOOK_MS = 50;
/** What is on disk needs no longer to be given up. */
const STOP_MS = 2000;

/** What came of all folders. */
interface Drained {
  delivered: number;
  failed: number;
  readonly failures: Record<string, number>;
  /** Events that are on the disk as before. */
  left: number;
  /** Events that could not be read. */
  unreadable: number;
  /** Folders that were not touched, and why. */
  readonly leftOut: { readonly folder: string; readonly reason: string }[];
}

export async function drain(task: Task): Promise<number> {
  const { path, folders, args, shell, notes } = task;
  const { stdout, env, interrupted: signal } = shell;
  const given = { ...sinkOptions(args), spool: path };
  const log = loggerTo(notes);
  const plan = planWith(overSinkEnvironment(given, env), log.logger);
  const result: Drained = { delivered: 0, failed: 0, failures: {}, left: 0, unreadable: 0, leftOut: [] };
  const startedAt = performance.now();
  const leaveOut = (folder: string, reason: string) => {
    result.leftOut.push({ folder, reason });
    notes.warn(`${nameOf(folder)} is left out: ${reason}`);
  };
  const isNamed = folders.length === 1 && folders[0] === absolute(path);
  const isAsked = isNamed && (args.get("exchange") ?? args.get("stream")) !== undefined;
  const seen = await ownersOf(folders, signal, () =>
    notes.info("waiting a minute to see whether programs of other machines sign their folders"),
  );
  let failure: unknown;
  for (const folder of folders) {
    if (signal.aborted) break;
    try {
      const reason = await whyNot(folder, seen.get(folder)!);
      if (reason !== undefined) leaveOut(folder, reason);
      else if (!isAsked && !isFor(destinationIn(plan), folder)) leaveOut(folder, otherDestination(folder));
      else {
        const { events } = await lookAtFolder(folder);
        // It stays its destination's: what is left goes there.
        const taken = await takeFolder(folder, ownerOf(folder)?.destination);
        if (taken === undefined) leaveOut(folder, "another program has taken it meanwhile");
        else if (await drainFolder(taken, events, { plan, log, task, result }))
          leaveOut(folder, "a file in it cannot be read");
      }
    } catch (error) {
      if (signal.aborted) break;
      if (isSystemError(error)) leaveOut(folder, `it cannot be used (${cell(codeOf(error))})`);
      else {
        failure = error;
        break;
      }
    }
  }
  const { leftOut, ...counts } = result;
  const durationMs = Math.round(performance.now() - startedAt);
  const eventsPerSecond = Math.round((result.delivered / Math.max(durationMs, 1)) * 1000);
  if (args.has("json"))
    stdout.write(`${printableJson(JSON.stringify({ ...counts, leftOut, durationMs, eventsPerSecond }))}\n`);
  if (!args.has("quiet"))
    notes.info(
      `${summaryOf(result)} in ${(durationMs / 1000).toFixed(2)} s (${number(eventsPerSecond)} events/s)`,
    );
  if (signal.aborted) return Number(signal.reason);
  if (failure !== undefined) throw failure;
  const { failed, left, unreadable } = result;
  return failed + left + unreadable + leftOut.length > 0 ? exitCode.partial : exitCode.done;
}

const isSystemError = (error: unknown): boolean => (error as NodeJS.ErrnoException).syscall !== undefined;

const otherDestination = (folder: string): string =>
  `its events are for ${cell(ownerOf(folder)?.destination?.text)}: give the options of the sink that wrote them; to send them elsewhere, name this folder alone, with --exchange or --stream`;

interface Request {
  readonly plan: Plan;
  readonly log: ReturnType<typeof loggerTo>;
  readonly task: Task;
  readonly result: Drained;
}

/** Returns whether a file could not be read, and was left. */
async function drainFolder(
  folder: OwnFolder,
  events: number,
  { plan, log, task, result }: Request,
): Promise<boolean> {
  const { shell, args, notes } = task;
  const { interrupted: signal, stderr } = shell;
  const deadLetter = deadLetterOf(plan.values);
  const flushTimeoutMs = Math.min(STOP_MS, plan.delivery.flushTimeoutMs);
  const engine = engineOn(
    {
      ...{
        plan: { ...plan, delivery: { ...plan.delivery, flushTimeoutMs } },
        logger: log.logger,
        recorded: (transport) => transport,
      },
      ...(deadLetter === undefined ? {} : { deadLetter }),
    },
    async () => folder,
  );
  const startedAt = performance.now();
  const line = () => {
    const { sent } = engine.totals();
    const rate = Math.round((sent / (performance.now() - startedAt)) * 1000);
    return `${nameOf(folder.path)} ${bar(sent, events)} ${number(sent)} of ${number(events)}  ${number(rate)}/s`;
  };
  const hide = drawProgress(notes, stderr.isTTY && !args.has("quiet"), line);
  const stop = () => void engine.stop();
  const explained = {
    endpoints: plan.endpoints.map(({ label }) => label),
    options: { waitForBroker: { value: plan.values.waitForBroker } },
  };
  signal.addEventListener("abort", stop, { once: true });
  try {
    await connect(engine, signal, waitingNote(notes, explained, args.has("quiet")));
    log.started();
    await settled(engine, plan, signal);
  } finally {
    signal.removeEventListener("abort", stop);
    hide();
  }
  const isUnreadable = engine.health().problems.some(({ code }) => code === "SPOOL_UNREADABLE");
  const { sent, failed, dropped, failures, spooled = 0 } = await engine.stop();
  result.delivered += sent;
  result.failed += failed + dropped;
  for (const [code, count] of Object.entries(failures))
    result.failures[code] = (result.failures[code] ?? 0) + count;
  result.left += spooled;
  result.unreadable += engine.stats().events_spool_lost;
  return isUnreadable;
}

/** Waits until everything is settled, or nothing was for `flushTimeout`. */
async function settled(
  engine: DeliveryEngine,
  { values, delivery }: Plan,
  signal: AbortSignal,
): Promise<void> {
  let last = engine.unsettled;
  let since = performance.now();
  while (engine.unsettled > 0 && !signal.aborted) {
    await pause(LOOK_MS);
    const now = performance.now();
    if (engine.unsettled !== last) [last, since] = [engine.unsettled, now];
    else if (!values.waitForBroker && now - since > delivery.flushTimeoutMs) return;
  }
}

function summaryOf({ delivered, failed, failures, left, unreadable, leftOut }: Drained): string {
  const codes = Object.entries(failures).map(([code, count]) => `${code} ${number(count)}`);
  const parts = [
    `${counted(delivered, "event")} delivered`,
    failed > 0 && `${number(failed)} failed (${codes.join(", ")})`,
    left > 0 && `${number(left)} left on disk`,
    unreadable > 0 && `${number(unreadable)} cannot be read`,
    leftOut.length > 0 && `${counted(leftOut.length, "folder")} left out`,
  ];
  return parts.filter(Boolean).join(", ");
}
