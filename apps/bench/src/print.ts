import Table from "cli-table3";
import { headOf } from "./figures.js";
import { type Goal, goalRow, goalsHead } from "./goals.js";
import type { Outcome } from "./record.js";

export function figureTable({ field, rows }: Outcome): string {
  // Narrow columns: the heads name the contestant that the others are compared with.
  const table = new Table({
    head: headOf(field),
    colWidths: [38, 22, 22, 18, 24, 18, 16, 12],
    wordWrap: true,
    style: { head: [], border: [] },
  });
  table.push(...rows.map((row) => [...row]));
  return table.toString();
}

export function goalTable(goals: readonly Goal[]): string {
  const table = new Table({
    head: goalsHead,
    colWidths: [80, 16, 22, 28],
    wordWrap: true,
    style: { head: [], border: [] },
  });
  table.push(...goals.map(goalRow));
  return table.toString();
}
