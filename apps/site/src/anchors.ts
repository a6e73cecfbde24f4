// VitePress finds links to missing pages; this finds links to missing headings.
import { posix } from "node:path";
import { base } from "./base.js";

const ids = new Map<string, Set<string>>();
const links: { from: string; to: string; hash: string }[] = [];

export function collectAnchors(page: string, html: string): void {
  const at = addressOf(page);
  ids.set(at, new Set([...html.matchAll(/\sid="([^"]+)"/g)].map(([, id]) => id!)));
  for (const [, href] of html.matchAll(/<a\s[^>]*href="([^"#]*#[^"]+)"/g)) {
    const { pathname, hash } = new URL(href!, `http://site${base}${at}`);
    if (href!.startsWith("http") || !pathname.startsWith(base)) continue;
    links.push({ from: at, to: pathname.slice(base.length), hash: decodeURIComponent(hash.slice(1)) });
  }
}

/** @throws Error that names each link to a heading that is not there. */
export function checkAnchors(): void {
  const dead = links.filter(({ to, hash }) => !ids.get(to)?.has(hash));
  if (dead.length === 0) return;
  const lines = new Set(dead.map(({ from, to, hash }) => `${from} links to ${to}#${hash}`));
  throw new Error(`no such headings:\n${[...lines].join("\n")}`);
}

/** Of `sources/index.md` as its links have it: `sources/`. */
const addressOf = (page: string) =>
  posix
    .normalize(page)
    .replace(/(^|\/)index\.md$/, "$1")
    .replace(/\.md$/, "");
