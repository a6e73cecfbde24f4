import {
  circumstances,
  markdownTable,
  tableRows,
  textBetween,
  today,
  writeBetween,
} from "@streamll/evidence";
import { consumingFaults } from "./matrix/index.js";
import type { ConsumingResult } from "./run.js";

const PAGE = "evidence/faults.md";
const SECTION = "consuming";

export const consumingHead = [
  "",
  "fault",
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
  const { fault, version, events, lost, twice, dead, outOfOrder, recoveredMs, words, deviations } = result;
  const ordinary = ["up", "stopped"];
  const said = words
    .filter((word) => !ordinary.includes(word))
    .map((word) => word.replaceAll("TRANSPORT_", ""));
  return [
    ...[String(fault.number), fault.title, version],
    ...[events, lost, twice, dead].map(String),
    outOfOrder === 0 ? "kept" : `${outOfOrder} overtaken`,
    recoveredMs === undefined ? "" : `${(recoveredMs / 1000).toFixed(1)} s`,
    [said.join(", "), ...deviations.map((text) => `NOT AS EXPECTED: ${text}`)].filter(Boolean).join("; "),
  ];
}

/** Puts what was seen into the table. Faults that were not run keep what they have there. */
export async function recordConsuming(results: readonly ConsumingResult[]): Promise<void> {
  const known = new Set(consumingFaults.map(({ number, title }) => `${number}|${title}`));
  const before = tableRows(await textBetween(PAGE, SECTION)).filter(([number, title]) =>
    known.has(`${number}|${title}`),
  );
  const lines = [...before, ...results.map((result) => [...consumingLine(result), today()])];
  const latest = [...new Map(lines.map((line) => [`${line[0]}|${line[2]}`, line])).values()];
  latest.sort((a, b) => Number(a[0]) - Number(b[0]) || (a[2]! < b[2]! ? -1 : 1));
  const table = markdownTable([...consumingHead, "seen"], latest);
  await writeBetween(PAGE, SECTION, `Last run: ${circumstances()}\n\n${table}`);
}
