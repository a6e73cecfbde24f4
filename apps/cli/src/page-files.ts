import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";

/** A file that the page of `streamll ui` loads. */
export interface PageFile {
  readonly type: string;
  readonly body: Buffer;
}

const types = { html: "text/html", css: "text/css", js: "text/javascript", svg: "image/svg+xml" } as const;

const names = [
  "index.html",
  "page.css",
  "rows.css",
  "details.css",
  "dead-letters.css",
  "narrow.css",
  "page.js",
  "connection.js",
  "executions.js",
  "tree.js",
  "details.js",
  "tables.js",
  "dead-letters.js",
  "letter.js",
  "replay.js",
  "virtual-list.js",
  "words.js",
  "icon.svg",
];

/** By name; read once. This file stands beside `main.js`, so that the folder is found from the source and when built. */
export function readPage(): ReadonlyMap<string, PageFile> {
  const folder = new URL("../page/", import.meta.url);
  const read = (path: string | URL, name: string): [string, PageFile] => {
    const type = types[name.slice(name.lastIndexOf(".") + 1) as keyof typeof types];
    return [name, { type: `${type}; charset=utf-8`, body: readFileSync(path) }];
  };
  // Of the package's builds that for browsers, which is one file without imports.
  const main = createRequire(import.meta.url).resolve("lit-html");
  const lit = main.endsWith(join("node", "lit-html.js")) ? join(dirname(main), "..") : dirname(main);
  return new Map([
    ...names.map((name) => read(new URL(name, folder), name)),
    read(join(lit, "lit-html.js"), "lit-html.js"),
  ]);
}
