import type { ReplayReport } from "@streamll/consumer";
import { printableJson } from "@streamll/core/internal";
import { exitCode, UsageError } from "../exit.js";
import type { Task } from "./task.js";
import { bar, cell, counted, number, scannedText } from "./text.js";

/** Ids that are told one by one; --json has all. */
const MOST_TOLD = 20;

export async function replay({ letters, selection, args, shell, notes, progressed }: Task): Promise<number> {
  const { stdout, stderr, interrupted: signal } = shell;
  const exchange = args.get("to");
  const routingKey = args.get("to-key");
  if (routingKey !== undefined && exchange === undefined) throw new UsageError("--to-key needs --to");
  if (exchange === "" && routingKey === undefined)
    throw new UsageError("--to= needs --to-key: the name of a queue");
  const isDrawn = stderr.isTTY === true && !args.has("quiet");
  const report = await letters
    .replay({
      ...selection,
      signal,
      to: exchange === undefined ? undefined : { exchange, routingKey },
      rate: args.count("rate"),
      dryRun: args.has("dry-run"),
      journal: args.get("journal"),
      onProgress({ scanned, total, replayed }) {
        progressed();
        if (isDrawn)
          notes.draw(`${total === undefined ? "" : `${bar(scanned, total)} `}${number(replayed)} replayed`);
      },
    })
    .finally(() => notes.draw());
  if (args.has("json")) stdout.write(`${printableJson(JSON.stringify(report))}\n`);
  for (const { code, message, count } of report.problems)
    notes.error(`${number(count)} not replayed: ${cell(code)}: ${message}`);
  for (const id of report.doubtful.slice(0, MOST_TOLD))
    notes.warn(`in doubt, it may be there twice: ${cell(id)}`);
  if (report.doubtful.length > MOST_TOLD)
    notes.warn(`and ${number(report.doubtful.length - MOST_TOLD)} more (--json has all)`);
  if (!args.has("quiet")) notes.info(summary(report, args.has("dry-run")));
  if (signal.aborted) return Number(signal.reason);
  return report.complete ? exitCode.done : exitCode.partial;
}

/** What a replay has done, in one sentence. */
export function summary(report: ReplayReport, dryRun: boolean): string {
  const { replayed, acknowledged, failed, doubtful, unacknowledged, replayId } = report;
  const parts = [
    `${counted(replayed, "dead letter")} ${dryRun ? "would be replayed" : "replayed"}`,
    acknowledged > 0 && `${number(acknowledged)} had been replayed before`,
    failed > 0 && `${number(failed)} left in the queue`,
    doubtful.length > 0 && `${number(doubtful.length)} in doubt`,
    unacknowledged > 0 && `${number(unacknowledged)} replayed and still in the queue`,
  ];
  const id = dryRun ? "" : `, replay id ${replayId}`;
  return `${parts.filter(Boolean).join(", ")} (${scannedText(report)}${id})`;
}
