import { printableJson } from "@streamll/core/internal";
import type { Task } from "./task.js";
import { age, cell, codeOf, columns, counted, number, scannedText } from "./text.js";

export async function list({ letters, selection, args, shell, notes }: Task): Promise<number> {
  const { stdout, interrupted: signal } = shell;
  const found = await letters.list({ ...selection, signal });
  const { groups, matched } = found;
  if (args.has("json")) stdout.write(`${printableJson(JSON.stringify(found))}\n`);
  else if (groups.length > 0) {
    const rows = groups.map(({ code, type, count, oldest, newest }) => [
      ...[cell(code), cell(type), number(count), age(oldest), age(newest)],
    ]);
    stdout.write(
      `${columns([["CODE", "TYPE", "COUNT", "OLDEST", "NEWEST"], ...rows], new Set([2, 3, 4]))}\n`,
    );
  }
  if (!args.has("quiet")) notes.info(`${counted(matched, "dead letter")} (${scannedText(found)})`);
  if (found.renewed > 0) notes.warn(RENEWED(found.renewed));
  return signal.aborted ? Number(signal.reason) : codeOf(found);
}

const RENEWED = (count: number) =>
  `${counted(count, "dead letter")} had been looked at so often that the broker would soon drop them: they are at the end of the queue now`;
