import { printableJson } from "@streamll/core/internal";
import { bar, cell, counted, number } from "../dlq/text.js";
import { drawProgress } from "../draw-progress.js";
import { exitCode } from "../exit.js";
import type { Notes } from "../notes.js";
import { bytesText, nameOf } from "./folders.js";
import { eventsOf, type ReadFile, readingOf } from "./read.js";
import type { Task } from "./task.js";

export async function verify({ folders, args, shell, notes }: Task): Promise<number> {
  const { stdout, stderr, interrupted: signal } = shell;
  const reading = readingOf(folders);
  const files: ReadFile[] = [];
  const line = () =>
    `${bar(reading.done, reading.bytes)} ${bytesText(reading.done)} of ${bytesText(reading.bytes)}`;
  const hide = drawProgress(notes, stderr.isTTY && !args.has("quiet"), line);
  try {
    for await (const _ of eventsOf(reading, signal, (read) => files.push(read)));
  } finally {
    hide();
  }
  const isWhole = tellProblems(files, notes);
  const sum = (of: "readable" | "unreadable" | "cutBytes") =>
    files.reduce((total, file) => total + file[of], 0);
  const totals = { readable: sum("readable"), unreadable: sum("unreadable"), cutBytes: sum("cutBytes") };
  if (args.has("json")) stdout.write(`${printableJson(JSON.stringify({ ...totals, files }))}\n`);
  if (!args.has("quiet")) {
    const { readable, unreadable, cutBytes } = totals;
    const cut = cutBytes === 0 ? "" : `; ${bytesText(cutBytes)} were being written when a program was killed`;
    notes.info(
      `${counted(readable, "event")} can be read, ${number(unreadable)} cannot (${counted(files.length, "file")}, ${bytesText(reading.done)})${cut}`,
    );
  }
  if (signal.aborted) return Number(signal.reason);
  return isWhole ? exitCode.done : exitCode.partial;
}

/** Says what is wrong with files. Returns whether nothing is. */
export function tellProblems(files: readonly ReadFile[], notes: Notes): boolean {
  const bad = files.filter(({ unreadable, error }) => unreadable > 0 || error !== undefined);
  for (const one of bad) notes.error(problemOf(one));
  return bad.length === 0;
}

/** What is wrong with a file. */
export function problemOf({ folder, file, unreadable, error }: ReadFile): string {
  const where = file === 0 ? nameOf(folder) : `file ${file} of ${nameOf(folder)}`;
  return error === undefined
    ? `${where}: ${counted(unreadable, "event")} cannot be read`
    : `${where} cannot be read (${cell(error)})`;
}
