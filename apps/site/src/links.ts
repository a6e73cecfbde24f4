import { existsSync, statSync } from "node:fs";
import { dirname, join, normalize } from "node:path/posix";
import { fromMarkdown } from "mdast-util-from-markdown";
import { visit } from "unist-util-visit";
import { type Page, pathBetween } from "./pages.js";

const github = "https://github.com/streamll/streamll-js";

/** The target of each Markdown link, image and definition, and of each `src`, `srcset` and `href` in HTML. */
const attributes = /\b(?:src|srcset|href)="([^"]+)"/g;

/** The text with each link's target replaced by what `change` returns for it. Code is left as it is. */
export function changeLinks(text: string, change: (target: string, line: number) => string): string {
  const edits: { start: number; end: number; target: string }[] = [];
  visit(fromMarkdown(text), ["link", "image", "definition", "html"], (node) => {
    const from = node.position!.start.offset!;
    const source = text.slice(from, node.position!.end.offset!);
    const add = (target: string, at: number) => {
      const start = from + at;
      edits.push({
        start,
        end: start + target.length,
        target: change(target, text.slice(0, start).split("\n").length),
      });
    };
    if (node.type === "html") {
      for (const match of source.matchAll(attributes))
        add(match[1]!, match.index + match[0].indexOf('"') + 1);
    } else if ("url" in node) {
      // Last, since the text of a link may show its target.
      const at = source.lastIndexOf(node.url);
      if (at >= 0) add(node.url, at);
    }
  });
  edits.sort((a, b) => b.start - a.start);
  for (const { start, end, target } of edits) text = text.slice(0, start) + target + text.slice(end);
  return text;
}

/** Turns a link of a page in the repository into one of the site; what is no page of the site is shown by GitHub. */
export class SiteLinks {
  readonly #root: string;
  readonly #bySource: ReadonlyMap<string, Page>;

  constructor(root: string, pages: readonly Page[]) {
    this.#root = root;
    this.#bySource = new Map(pages.map((page) => [page.source, page]));
  }

  /** @throws Error where the repository has no such file. */
  resolve(page: Page, target: string, line: number): string {
    const [address, hash = ""] = target.split(/(?=#)/);
    if (target.startsWith("#")) return target;
    const file = this.#fileOf(page, address!);
    if (file === undefined) return target;
    const found = this.#bySource.get(file) ?? this.#bySource.get(join(file, "README.md"));
    if (found) return pathBetween(page, found) + hash;
    if (/^docs\/images\//.test(file) && existsSync(join(this.#root, file))) {
      return pathBetween(page, { source: file, path: file.slice("docs/".length) });
    }
    if (!existsSync(join(this.#root, file))) {
      throw new Error(`${page.source}:${line} links to ${target}, and there is no ${file}`);
    }
    const kind = statSync(join(this.#root, file)).isDirectory() ? "tree" : "blob";
    return `${github}/${kind}/main/${file}${hash}`;
  }

  /** From the root of the repository; undefined of an address elsewhere. */
  #fileOf(page: Page, address: string): string | undefined {
    const own = new RegExp(`^${github}/(?:blob|tree)/main/`);
    if (own.test(address)) return address.replace(own, "");
    if (/^[a-z][a-z0-9+.-]*:/i.test(address)) return undefined;
    return normalize(join(dirname(page.source), address)).replace(/\/$/, "");
  }
}
