import { readFile, writeFile } from "node:fs/promises";
import { arch, cpus, platform } from "node:os";
import { head, lineOf, type Result } from "./table.js";

/** Puts the table of what was seen into docs/reliability.md. */
export async function record(results: readonly Result[]): Promise<void> {
  const line = (cells: readonly string[]) => `| ${cells.join(" | ")} |`;
  const table = [line(head), line(head.map(() => "---")), ...results.map((result) => line(lineOf(result)))];
  await recordBetween("faults", table.join("\n"));
}

/** Puts a text into docs/reliability.md between the marks of this name, in the place of the last. */
export async function recordBetween(name: string, text: string): Promise<void> {
  const page = new URL("../../../docs/reliability.md", import.meta.url);
  const whole = await readFile(page, "utf8");
  const [from, to] = [`<!-- ${name} -->`, `<!-- /${name} -->`];
  const [before, after] = [whole.split(from)[0], whole.split(to)[1]];
  if (before === undefined || after === undefined)
    throw new Error(`docs/reliability.md has lost its marks ${from}`);
  const day = new Date().toISOString().slice(0, 10);
  const where = `${day}, ${platform()} ${arch()}, ${cpus().length} cores, Node ${process.version}.`;
  await writeFile(page, `${before}${from}\n${where}\n\n${text}\n${to}${after}`);
}
