import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { packagesIn } from "../workspace.js";
import { blocksOf, type Page } from "./fences.js";

/** The blocks of README.md, docs/ and the README of each package, app and example. */
export function readPages(root: string): Page {
  const folders = packagesIn(["packages", "apps", "examples"], root).map(({ folder }) => folder);
  const docs = existsSync(join(root, "docs"))
    ? readdirSync(join(root, "docs"), { recursive: true, encoding: "utf8" })
    : [];
  const pages = [
    "README.md",
    ...docs.filter((name) => name.endsWith(".md")).map((name) => `docs/${name}`),
    ...folders.map((folder) => `${folder}/README.md`),
  ];
  const read = pages
    .filter((page) => existsSync(join(root, page)))
    .map((page) => blocksOf(page, readFileSync(join(root, page), "utf8")));
  return { blocks: read.flatMap(({ blocks }) => blocks), problems: read.flatMap(({ problems }) => problems) };
}
