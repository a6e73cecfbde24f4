import { readFileSync } from "node:fs";
import { dirname, join } from "node:path/posix";
import type { List } from "mdast";
import { fromMarkdown } from "mdast-util-from-markdown";
import type { Page } from "./pages.js";

const contents = "docs/README.md";

/** A line of the table of contents: `- [title](link): description`, and the lines below it. */
export interface Entry {
  readonly title: string;
  /** From the root of the repository. */
  readonly source: string;
  readonly description: string;
  readonly entries: readonly Entry[];
}

export interface Chapter {
  readonly title: string;
  readonly entries: readonly Entry[];
}

/** What docs/README.md lists: the sidebar of the site and `llms.txt` are made of it. */
export const readContents = (root: string): Chapter[] =>
  parseContents(readFileSync(join(root, contents), "utf8"));

/** @throws Error with the line that is no entry. */
export function parseContents(text: string): Chapter[] {
  const chapters: { title: string; entries: Entry[] }[] = [];
  for (const node of fromMarkdown(text).children) {
    if (node.type === "heading" && node.depth === 2) {
      const [first, last] = [node.children[0], node.children.at(-1)];
      chapters.push({
        title: text.slice(first?.position?.start.offset, last?.position?.end.offset),
        entries: [],
      });
    }
    if (node.type === "list") chapters.at(-1)?.entries.push(...entriesOf(node, text, dirname(contents)));
  }
  return chapters;
}

function entriesOf(list: List, text: string, folder: string): Entry[] {
  return list.children.map((item) => {
    const [line, below] = item.children;
    const link = line?.type === "paragraph" ? line.children[0] : undefined;
    const name = link?.type === "link" ? link.children[0] : undefined;
    if (link?.type !== "link" || !name || !("value" in name)) {
      throw new Error(`${contents}:${item.position?.start.line}: write - [title](link): description`);
    }
    const description = text.slice(link.position?.end.offset, line?.position?.end.offset);
    return {
      title: name.value,
      source: join(folder, link.url),
      description: description.replace(/^:\s*/, "").replaceAll(/\s+/g, " "),
      entries: below?.type === "list" ? entriesOf(below, text, folder) : [],
    };
  });
}

export function* everyEntry(entries: readonly Entry[]): Generator<Entry> {
  for (const entry of entries) {
    yield entry;
    yield* everyEntry(entry.entries);
  }
}

/** The pages of docs and examples that no chapter lists: nobody would find them. */
export function unlisted(pages: readonly Page[], chapters: readonly Chapter[]): string[] {
  const listed = new Set(
    chapters.flatMap(({ entries }) => [...everyEntry(entries)]).map((entry) => entry.source),
  );
  const needed = pages.map((page) => page.source).filter((source) => /^(docs|examples)\//.test(source));
  return needed.filter((source) => source !== contents && !listed.has(source));
}
