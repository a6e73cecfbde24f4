import { printableJson } from "@streamll/core/internal";
import { lookAtFolder, type SeenFolder } from "@streamll/sink/internal";
import { age, cell, columns, counted, number } from "../dlq/text.js";
import { exitCode } from "../exit.js";
import { codeOf } from "../named-file.js";
import { bytesText, nameOf } from "./folders.js";
import type { Task } from "./task.js";

export async function look({ path, folders, args, shell, notes }: Task): Promise<number> {
  const { stdout, interrupted: signal } = shell;
  const seen: SeenFolder[] = [];
  const failed: { readonly path: string; readonly code: string }[] = [];
  for (const folder of folders) {
    if (signal.aborted) return Number(signal.reason);
    try {
      seen.push(await lookAtFolder(folder));
    } catch (error) {
      const code = codeOf(error);
      // Its program has delivered what was in it.
      if (code === "ENOENT") continue;
      failed.push({ path: folder, code });
      notes.error(`${nameOf(folder)} cannot be looked at (${cell(code)})`);
    }
  }
  if (args.has("json"))
    stdout.write(
      `${printableJson(JSON.stringify({ directory: path, folders: seen.map(documentOf), failed }))}\n`,
    );
  else if (seen.length > 0) stdout.write(`${table(seen)}\n`);
  if (!args.has("quiet")) notes.info(summaryOf(seen));
  return failed.length > 0 ? exitCode.partial : exitCode.done;
}

const at = (time: number | undefined) => (time === undefined || time === 0 ? undefined : new Date(time));

const documentOf = ({ owner, oldest, newest, ...rest }: SeenFolder) => ({
  ...rest,
  owner: { ...owner, signedAt: at(owner.signedAt) },
  oldest: at(oldest),
  newest: at(newest),
});

function table(seen: readonly SeenFolder[]): string {
  const head = ["FOLDER", "OWNER", "EVENTS", "BYTES", "OLDEST", "NEWEST", "DAMAGE", "SENT TO"];
  const rows = seen.map((folder) => [
    nameOf(folder.path),
    ownerText(folder),
    number(folder.events),
    bytesText(folder.bytes),
    age(at(folder.oldest)),
    age(at(folder.newest)),
    damageText(folder),
    cell(folder.destination),
  ]);
  return columns([head, ...rows], new Set([2, 3, 4, 5]));
}

/** Whose a folder is. */
function ownerText({ owner: { state, pid, signedAt } }: Pick<SeenFolder, "owner">): string {
  const process = pid === undefined ? "" : ` (process ${pid})`;
  if (state !== "elsewhere") return state === "alive" ? `runs${process}` : `has ended${process}`;
  return `other machine, signed ${age(at(signedAt))} ago`;
}

function damageText({ damagedFiles, cutBytes }: SeenFolder): string {
  const parts = [
    damagedFiles > 0 && counted(damagedFiles, "file"),
    cutBytes > 0 && `${bytesText(cutBytes)} cut`,
  ];
  return parts.filter(Boolean).join(", ") || "–";
}

function summaryOf(seen: readonly SeenFolder[]): string {
  const sum = (pick: (folder: SeenFolder) => number) =>
    seen.reduce((total, folder) => total + pick(folder), 0);
  const left = seen.filter(({ owner, events }) => owner.state !== "alive" && events > 0);
  const orphans = left.length === 0 ? "" : `; ${number(left.length)} left by a program that has ended`;
  return `${counted(seen.length, "folder")}, ${counted(
    sum(({ events }) => events),
    "event",
  )}, ${bytesText(sum(({ bytes }) => bytes))}${orphans}`;
}
