import { createInterface } from "node:readline/promises";
import { exitCode, UsageError } from "../exit.js";
import type { Task } from "./task.js";
import { codeOf, counted, scannedText } from "./text.js";

export async function purge(task: Task): Promise<number> {
  const { letters, selection, args, shell, notes } = task;
  const { stdout, interrupted: signal } = shell;
  const dryRun = args.has("dry-run");
  if (!dryRun && !args.has("yes") && !(await isSure(task))) {
    notes.info("nothing was purged");
    return exitCode.failed;
  }
  const report = await letters.purge({ ...selection, dryRun, signal });
  if (args.has("json")) stdout.write(`${JSON.stringify(report)}\n`);
  const { purged, matched } = report;
  if (!args.has("quiet"))
    notes.info(
      `${counted(purged, "dead letter")} ${dryRun ? "would be purged" : "purged"} (${scannedText(report)})`,
    );
  if (signal.aborted) return Number(signal.reason);
  return purged < matched ? exitCode.partial : codeOf(report);
}

/** Counts what would go, and asks. */
async function isSure({ letters, selection, shell, notes }: Task): Promise<boolean> {
  const { stdin, stderr, interrupted: signal } = shell;
  if (stdin.isTTY !== true)
    throw new UsageError("purge asks before it takes anything: without a terminal, give --yes");
  const { purged } = await letters.purge({ ...selection, dryRun: true, signal });
  if (purged === 0 || signal.aborted) return purged === 0;
  notes.info(`${counted(purged, "dead letter")} would be gone for good`);
  const prompt = createInterface({ input: stdin, output: stderr });
  try {
    return /^y(es)?$/i.test((await prompt.question("purge them? [y/N] ", { signal })).trim());
  } catch {
    return false;
  } finally {
    prompt.close();
  }
}
