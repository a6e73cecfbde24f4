import type { Row } from "./row.js";
import type { Run } from "./run.js";
import { sayings } from "./sayings.js";

/** A row on one broker, and what was seen. */
export interface Result {
  readonly row: Row;
  /** Of the broker. */
  readonly version: string;
  /** Absent where the row is not built yet. */
  readonly run?: Run;
  readonly deviations: readonly string[];
}

export const head = [
  "",
  "fault",
  "RabbitMQ",
  "events",
  "lost",
  "twice",
  "failed",
  "order",
  "recovered",
  "meanwhile",
];

export function lineOf({ row, version, run }: Result): string[] {
  const first = [String(row.number), row.title, version];
  if (run === undefined) return [...first, "not built yet", "", "", "", "", "", ""];
  const { account, verdict, recoveredMs } = run;
  const failures = Object.entries(verdict?.failures ?? {}).map(([code, ids]) => `${ids.length} ${code}`);
  return [
    ...first,
    String(account.accepted),
    String(account.lost.length),
    String(account.duplicated),
    failures.join(", ") || "0",
    account.outOfOrder.length === 0 ? "kept" : `${account.outOfOrder.length} overtaken`,
    recoveredMs === undefined ? "" : `${(recoveredMs / 1000).toFixed(1)} s`,
    meanwhile(run),
  ];
}

/** States of health and events, in the order in which they were first told. */
function meanwhile(run: Run): string {
  const said = sayings(run);
  const states = said.health.map((text) => text.replace(/: .*/, "").replace(/TRANSPORT_/, ""));
  return [...new Set([...states, ...said.events])].join("; ");
}
