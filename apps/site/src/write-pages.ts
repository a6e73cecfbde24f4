import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { writeApi } from "./api.js";
import { readContents, unlisted } from "./contents.js";
import { changeLinks, SiteLinks } from "./links.js";
import { llmsText } from "./llms.js";
import { type Page, pagesOf, repository } from "./pages.js";
import { inBothColours } from "./pictures.js";

const hero = `---
layout: home
hero:
  name: streamll
  text: Events of LLM programs, delivered
  tagline: Every event that it accepts reaches your message broker, and your program does not slow down.
  actions:
    - { theme: brand, text: Get started, link: /getting-started }
    - { theme: alt, text: All pages, link: /contents }
    - { theme: alt, text: Benchmarks, link: /benchmarks }
---
`;

/**
 * Writes all that VitePress builds the site from into a folder, anew.
 * @returns Files for programs, by name, to put beside the site.
 * @throws Error for a page that docs/README.md does not list, and for a link to a file that is not there.
 */
export async function writePages(folder: string): Promise<Readonly<Record<string, string>>> {
  rmSync(folder, { recursive: true, force: true });
  const pages = pagesOf(repository);
  const links = new SiteLinks(repository, pages);
  const chapters = readContents(repository);
  const forgotten = unlisted(pages, chapters);
  if (forgotten.length > 0) throw new Error(`docs/README.md does not list ${forgotten.join(", ")}`);

  await writeApi(join(folder, "api"));
  const texts = new Map<Page, string>();
  for (const page of pages) {
    const text = readFileSync(join(repository, page.source), "utf8");
    const inSite = inBothColours(changeLinks(text, (target, line) => links.resolve(page, target, line)));
    texts.set(page, inSite);
    write(join(folder, page.path), page.path === "index.md" ? hero + inSite.replace(/^# .*\n/, "") : inSite);
  }
  cpSync(join(repository, "docs/images"), join(folder, "images"), { recursive: true });
  return llmsText(chapters, texts);
}

export function write(file: string, text: string): void {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
}
