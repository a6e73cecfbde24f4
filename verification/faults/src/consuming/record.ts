import {
  circumstances,
  markdownTable,
  tableRows,
  textBetween,
  today,
  writeBetween,
} from "@streamll/evidence";
import { protocolNames } from "../table.js";
import { consumingFaults } from "./matrix/index.js";
import type { ConsumingResult } from "./result.js";

const PAGE = "evidence/faults.md";
const SECTION = "consuming";

export const consumingHead = [
  "",
  "fault",
  "over",
  "on",
  "events",
  "lost",
  "twice",
  "dead letters",
  "order",
  "recovered",
  "meanwhile",
];

export function consumingLine(result: ConsumingResult): string[] {
  const {
    number,
    title,
    over,
    version,
    events,
    lost,
    twice,
    dead,
    outOfOrder,
    recoveredMs,
    words,
    deviations,
  } = result;
  const ordinary = ["up", "stopped"];
  const said = words
    .filter((word) => !ordinary.includes(word))
    .map((word) => word.replaceAll("TRANSPORT_", ""));
  return [
    ...[String(number), title, protocolNames[over], version],
    ...[events, lost, twice].map(String),
    // A stream has none.
    over === "streams" ? "" : String(dead),
    outOfOrder === 0 ? "kept" : `${outOfOrder} overtaken`,
    recoveredMs === undefined ? "" : `${(recoveredMs / 1000).toFixed(1)} s`,
    [said.join(", "), ...deviations.map((text) => `NOT AS EXPECTED: ${text}`)].filter(Boolean).join("; "),
  ];
}

/** Puts what was seen into the table. Faults that were not run keep what they have there. */
export async function recordConsuming(results: readonly ConsumingResult[]): Promise<void> {
  const table = mergedConsuming(await textBetween(PAGE, SECTION), results, today());
  await writeBetween(PAGE, SECTION, `Last run: ${circumstances()}\n\n${table}`);
}

/** The table with these results in the place of what it had of the same faults over the same protocols and brokers. */
export function mergedConsuming(table: string, results: readonly ConsumingResult[], day: string): string {
  const order = consumingFaults.flatMap(({ number, title, over = ["amqp"] }) =>
    over.map((protocol) => [number, title, protocolNames[protocol]].join("|")),
  );
  const placeOf = (cells: readonly string[]) => order.indexOf(cells.slice(0, 3).join("|"));
  const before = tableRows(table).filter((cells) => placeOf(cells) >= 0);
  const lines = [...before, ...results.map((result) => [...consumingLine(result), day])];
  const latest = [...new Map(lines.map((line) => [line.slice(0, 4).join("|"), line])).values()];
  latest.sort((a, b) => placeOf(a) - placeOf(b) || (a[3]! < b[3]! ? -1 : 1));
  return markdownTable([...consumingHead, "seen"], latest);
}
