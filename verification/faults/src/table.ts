import type { Protocol } from "@streamll/harness";
import type { Row } from "./fault.js";
import type { Run } from "./run.js";
import { sayings } from "./sayings.js";

/** A row on one broker, and what was seen. */
export interface Result {
  readonly row: Row;
  /** Of the broker. */
  readonly version: string;
  /** `undefined` where it came to none: the deviations say why. */
  readonly run: Run | undefined;
  readonly deviations: readonly string[];
}

export const protocolNames: Readonly<Record<Protocol, string>> = {
  amqp: "AMQP 0-9-1",
  streams: "streams",
  amqp10: "AMQP 1.0",
  "service-bus": "Service Bus",
  pubsub: "Pub/Sub",
};

export const head = [
  "",
  "fault",
  "over",
  "on",
  "events",
  "lost",
  "twice",
  "failed",
  "order",
  "recovered",
  "meanwhile",
];

export function lineOf({ row, version, run, deviations }: Result): string[] {
  const first = [String(row.number), row.title, protocolNames[row.over], version];
  if (run === undefined) return [...first, deviations.join("; "), "", "", "", "", "", ""];
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
    [meanwhile(run), ...deviations.map((text) => `NOT AS EXPECTED: ${text}`)].join("; "),
  ];
}

/** What health, the events and the codes of problems said, in the order in which they were first told. */
function meanwhile(run: Run): string {
  const { health, events } = sayings(run);
  const states = health.flatMap((text) => text.replace(/: .*/, "").split(", "));
  const words = [...states, ...events].map((word) =>
    word.replace(/^problem (?=\w)/, "").replace("TRANSPORT_", ""),
  );
  const ordinary = ["up", "stopped", "problem", "solved"];
  return [...new Set(words)].filter((word) => !ordinary.includes(word)).join(", ");
}
