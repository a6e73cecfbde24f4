import { readFile, writeFile } from "node:fs/promises";
import { arch, cpus, platform } from "node:os";
import { matrix } from "./matrix.js";
import { head, lineOf, type Result } from "./table.js";

const page = new URL("../../../docs/reliability.md", import.meta.url);

/** Puts what was seen into the table of docs/reliability.md. Rows that were not run keep what they have there. */
export async function record(results: readonly Result[]): Promise<void> {
  const { text } = await between("faults");
  await recordBetween("faults", merged(text, results, today()));
}

/** The table with these results in the place of what it had of the same rows on the same brokers. */
export function merged(table: string, results: readonly Result[], day: string): string {
  const keyOf = ([number, title, on]: readonly string[]) => [number, title, on].join("|");
  const lines = new Map<string, readonly string[]>();
  for (const line of table.split("\n")) {
    const cells = line
      .split("|")
      .slice(1, -1)
      .map((cell) => cell.trim());
    if (matrix.some(({ number, title }) => cells[0] === String(number) && cells[1] === title))
      lines.set(keyOf(cells), cells);
  }
  for (const result of results) {
    const cells = [...lineOf(result), day];
    lines.set(keyOf(cells), cells);
  }
  const rows = [...lines.values()].sort((a, b) => Number(a[0]) - Number(b[0]) || (a[2]! < b[2]! ? -1 : 1));
  const all = [[...head, "seen"], [...head, "seen"].map(() => "---"), ...rows];
  return all.map((cells) => `| ${cells.join(" | ")} |`).join("\n");
}

/** Puts a text into docs/reliability.md between the marks of this name, in the place of the last. */
export async function recordBetween(name: string, text: string): Promise<void> {
  const { before, after } = await between(name);
  const where = `${today()}, ${platform()} ${arch()}, ${cpus().length} cores, Node ${process.version}.`;
  await writeFile(page, `${before}\n${where}\n\n${text}\n${after}`);
}

async function between(name: string) {
  const whole = await readFile(page, "utf8");
  const [from, to] = [`<!-- ${name} -->`, `<!-- /${name} -->`];
  const [start, end] = [whole.indexOf(from) + from.length, whole.indexOf(to)];
  if (start < from.length || end < start) throw new Error(`docs/reliability.md has lost its marks ${from}`);
  return { before: whole.slice(0, start), text: whole.slice(start, end), after: whole.slice(end) };
}

const today = () => new Date().toISOString().slice(0, 10);
