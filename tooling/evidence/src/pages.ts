import { readFile, writeFile } from "node:fs/promises";

/** The page of this name under `docs`. */
const fileOf = (page: string) => new URL(`../../../docs/${page}`, import.meta.url);

/**
 * What stands between `<!-- name -->` and `<!-- /name -->` on a page under `docs`.
 * @throws Where the page does not have both marks.
 */
export async function textBetween(page: string, name: string): Promise<string> {
  return (await parts(page, name)).text.trim();
}

/** Puts a text between the marks of this name, in the place of the last. */
export async function writeBetween(page: string, name: string, text: string): Promise<void> {
  const { before, after } = await parts(page, name);
  await writeFile(fileOf(page), `${before}\n${text.trim()}\n${after}`);
}

async function parts(page: string, name: string) {
  const whole = await readFile(fileOf(page), "utf8");
  const [from, to] = [`<!-- ${name} -->`, `<!-- /${name} -->`];
  const [start, end] = [whole.indexOf(from) + from.length, whole.indexOf(to)];
  if (start < from.length || end < start) throw new Error(`docs/${page} lacks the marks ${from} and ${to}`);
  return { before: whole.slice(0, start), text: whole.slice(start, end), after: whole.slice(end) };
}
