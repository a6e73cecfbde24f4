import {
  circumstances,
  markdownTable,
  tableRows,
  textBetween,
  today,
  writeBetween,
} from "@streamll/evidence";
import { matrix } from "./matrix/index.js";
import { head, lineOf, protocolNames, type Result } from "./table.js";

const PAGE = "evidence/faults.md";

/** Puts what was seen into the table of docs/evidence/faults.md. Rows that were not run keep what they have there. */
export async function record(results: readonly Result[]): Promise<void> {
  const table = merged(await textBetween(PAGE, "faults"), results, today());
  await writeBetween(PAGE, "faults", `Last run: ${circumstances()}\n\n${table}`);
}

/** The table with these results in the place of what it had of the same faults on the same brokers. */
export function merged(table: string, results: readonly Result[], day: string): string {
  const keyOf = ([number, title, over, on]: readonly string[]) => [number, title, over, on].join("|");
  const known = new Set(matrix.map(({ number, title, over }) => `${number}|${title}|${protocolNames[over]}`));
  const isKnown = (cells: readonly string[]) => known.has(cells.slice(0, 3).join("|"));
  const rows = [...tableRows(table).filter(isKnown), ...results.map((result) => [...lineOf(result), day])];
  const order = [...known].map((key) => key.split("|")[0] + key.split("|").at(-1)!);
  const placeOf = ([number, , over]: readonly string[]) => order.indexOf(number! + over!);
  const latest = [...new Map(rows.map((cells) => [keyOf(cells), cells])).values()];
  latest.sort((a, b) => placeOf(a) - placeOf(b) || (a[3]! < b[3]! ? -1 : 1));
  return markdownTable([...head, "seen"], latest);
}
