import { existsSync, readdirSync } from "node:fs";
import { dirname, join } from "node:path/posix";
import { fileURLToPath } from "node:url";

export const repository = fileURLToPath(new URL("../../..", import.meta.url));

/** A Markdown file of the repository that is a page of the site. Both paths are relative. */
export interface Page {
  /** From the root of the repository, such as `docs/sources/README.md`. */
  readonly source: string;
  /** In the site, such as `sources/index.md`. */
  readonly path: string;
}

/** Which files are pages, and where each is in the site. The first rule that matches a file decides. */
const rules: readonly [source: RegExp, path: string][] = [
  [/^README\.md$/, "index.md"],
  [/^(CONTRIBUTING|SECURITY|CODE_OF_CONDUCT)\.md$/, "$1.md"],
  [/^docs\/README\.md$/, "contents.md"],
  [/^docs\/(.+\/)README\.md$/, "$1index.md"],
  [/^docs\/(.+\.md)$/, "$1"],
  [/^apps\/cli\/README\.md$/, "packages/streamll.md"],
  [/^packages\/([^/]+)\/README\.md$/, "packages/$1.md"],
  [/^(examples|verification)\/([^/]+)\/README\.md$/, "$1/$2.md"],
  [/^(verification)\/README\.md$/, "$1/index.md"],
];

export function pagesOf(root: string): Page[] {
  return markdownIn(root).flatMap((source) => {
    const rule = rules.find(([pattern]) => pattern.test(source));
    return rule === undefined ? [] : [{ source, path: source.replace(...rule) }];
  });
}

/** Looks no deeper than the rules do. */
function markdownIn(root: string): string[] {
  const packages = ["packages", "apps", "examples", "verification"].flatMap((group) =>
    readdirSync(join(root, group)).map((name) => `${group}/${name}/README.md`),
  );
  const docs = readdirSync(join(root, "docs"), { recursive: true, encoding: "utf8" });
  const files = [
    ...readdirSync(root),
    "verification/README.md",
    ...packages,
    ...docs.map((name) => `docs/${name}`),
  ];
  return files.filter((file) => file.endsWith(".md") && existsSync(join(root, file))).sort();
}

/** The path from one page of the site to another. */
export function pathBetween(from: Page, to: Page): string {
  const up = dirname(from.path) === "." ? "" : "../".repeat(from.path.split("/").length - 1);
  return `${up === "" ? "./" : up}${to.path}`;
}
