import { readFile, writeFile } from "node:fs/promises";
import { arch, cpus, platform } from "node:os";
import { head, lineOf, type Result } from "./table.js";

const [FROM, TO] = ["<!-- faults -->", "<!-- /faults -->"];

/** Puts what was seen into docs/reliability.md, in the place of the last. */
export async function record(results: readonly Result[]): Promise<void> {
  const page = new URL("../../../docs/reliability.md", import.meta.url);
  const text = await readFile(page, "utf8");
  const [before, after] = [text.split(FROM)[0], text.split(TO)[1]];
  if (before === undefined || after === undefined) throw new Error("docs/reliability.md has lost its marks");
  const line = (cells: readonly string[]) => `| ${cells.join(" | ")} |`;
  const table = [line(head), line(head.map(() => "---")), ...results.map((result) => line(lineOf(result)))];
  const day = new Date().toISOString().slice(0, 10);
  const where = `${day}, ${platform()} ${arch()}, ${cpus().length} cores, Node ${process.version}.`;
  await writeFile(page, `${before}${FROM}\n${where}\n\n${table.join("\n")}\n${TO}${after}`);
}
