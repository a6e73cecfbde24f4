import { readFile, writeFile } from "node:fs/promises";
import { arch, cpus, platform } from "node:os";
import { WARM_UP } from "./warm-up.js";

/** The machine and the versions that the figures are of. */
export function circumstances(brokerVersion: string, events: number, rounds: number): string {
  const day = new Date().toISOString().slice(0, 10);
  const cpu = cpus()[0]?.model.trim() ?? "unknown";
  return (
    `${day}, ${platform()} ${arch()}, ${cpus().length} cores (${cpu}), Node ${process.version}, ` +
    `RabbitMQ ${brokerVersion}, broker and client on one machine. ` +
    `${events.toLocaleString("en")} events a run after ${WARM_UP.toLocaleString("en")} to warm up, ${rounds} rounds.`
  );
}

/** Puts the figures into docs/benchmarks.md, in the place of the last ones. */
export async function record(
  head: readonly string[],
  rows: readonly (readonly string[])[],
  texts: readonly string[],
  section = "figures",
): Promise<void> {
  const [FROM, TO] = [`<!-- ${section} -->`, `<!-- /${section} -->`];
  const page = new URL("../../../docs/benchmarks.md", import.meta.url);
  const text = await readFile(page, "utf8");
  const [before, after] = [text.split(FROM)[0], text.split(TO)[1]];
  if (before === undefined || after === undefined) throw new Error("docs/benchmarks.md has lost its marks");
  const line = (cells: readonly string[]) => `| ${cells.join(" | ")} |`;
  const [first = "", ...rest] = texts;
  const table = [line(head), line(head.map(() => "---")), ...rows.map(line)].join("\n");
  await writeFile(page, `${before}${FROM}\n${[first, table, ...rest].join("\n\n")}\n${TO}${after}`);
}
