import { circumstances, markdownTable, writeBetween } from "@streamll/evidence";
import type { FieldName } from "./fields.js";
import { headOf } from "./figures.js";
import { type Goal, goalRow, goalsHead } from "./goals.js";
import { warmUpOf } from "./warm-up.js";

/** What came out of a race. */
export interface Outcome {
  readonly field: FieldName;
  /** Of RabbitMQ. */
  readonly brokerVersion?: string;
  /** In its place: what the server behaves as. */
  readonly stands?: string;
  readonly events: number;
  readonly rounds: number;
  readonly rows: readonly (readonly string[])[];
  readonly goals: readonly Goal[];
  readonly notes: readonly string[];
}

export const about = ({
  brokerVersion,
  stands,
  events,
  rounds,
}: Omit<Outcome, "rows" | "goals" | "notes">): string =>
  `${circumstances()} ${brokerVersion === undefined ? `A server that behaves as ${stands}` : `RabbitMQ ${brokerVersion}`} and client on one machine. ` +
  `${events.toLocaleString("en")} events a run after ${warmUpOf(events).toLocaleString("en")} to warm up, ${rounds} rounds: ` +
  "median, and least to most.";

/** Puts all of it into docs/evidence/benchmarks.md, and the goals into docs/benchmarks.md: of the newest broker only. */
export async function record(outcome: Outcome): Promise<void> {
  const { field, brokerVersion, rows, goals, notes } = outcome;
  const isNewest = Number.parseInt(brokerVersion ?? "4", 10) >= 4;
  const section = isNewest ? field : `${field}-3.10`;
  const parts = [about(outcome), markdownTable(headOf(field), rows), notes.join("\n\n")];
  await writeBetween("evidence/benchmarks.md", section, parts.join("\n\n"));
  const table = markdownTable(goalsHead, goals.map(goalRow));
  if (isNewest) await writeBetween("benchmarks.md", field, `${about(outcome)}\n\n${table}`);
}
