import { readdirSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";

/** What stands under one heading of a page. */
export interface Passage {
  readonly id: number;
  /** The page's path from the root, such as `docs/reliability.md`. */
  readonly page: string;
  readonly heading: string;
  readonly sentences: readonly string[];
}

/** Every Markdown page under `root`, cut by its headings. */
export function readPassages(root: string): Passage[] {
  const passages = pagesUnder(root).flatMap((file) => {
    const page = relative(root, file).replaceAll("\\", "/");
    return passagesOf(readFileSync(file, "utf8")).map((passage) => ({ page, ...passage }));
  });
  return passages.map((passage, id) => ({ id, ...passage }));
}

function pagesUnder(folder: string): string[] {
  const entries = readdirSync(folder, { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : 1));
  return entries.flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isFile()) return entry.name.endsWith(".md") && entry.name !== "CHANGELOG.md" ? [path] : [];
    const holdsPages = entry.isDirectory() && !/^(\..*|node_modules|dist|src|test)$/.test(entry.name);
    return holdsPages ? pagesUnder(path) : [];
  });
}

/** Code is left out: it answers no question in a sentence. */
export function passagesOf(markdown: string): Pick<Passage, "heading" | "sentences">[] {
  const text = markdown.replaceAll(/^(`{3,})[\s\S]*?^\1$/gm, "").replaceAll(/<!--[\s\S]*?-->/g, "");
  return text
    .split(/^#+ /m)
    .slice(1)
    .map((section) => {
      const [heading = "", ...lines] = section.split("\n");
      return { heading: plain(heading), sentences: sentencesOf(lines.join("\n")) };
    })
    .filter(({ sentences }) => sentences.length > 0);
}

function sentencesOf(text: string): string[] {
  // Paragraphs and list items wrap; each row of a table is one statement.
  const blocks = text.split(/\n{2,}|\n(?=\s*(?:[-*] |\d+\. |\|))/);
  return blocks
    .filter((block) => !/^\s*\|[\s|:-]+\|\s*$/.test(block))
    .flatMap((block) => plain(block).split(/(?<=[.!?]) (?=[A-Z`])/))
    .filter((sentence) => sentence.split(" ").length > 3);
}

function plain(markdown: string): string {
  return markdown
    .replace(/^\s*(?:[-*]|\d+\.) /, "")
    .replaceAll(/\[([^\]]*)\]\([^)]*\)/g, "$1")
    .replaceAll(/\*\*|`/g, "")
    .replaceAll(/\s*\|\s*/g, " | ")
    .replaceAll(/\s+/g, " ")
    .replaceAll(/^[ |]+|[ |]+$/g, "");
}
