// `npm run site` builds the site into apps/site/dist; `npm run site -- --dev` serves it while one writes.

import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { build, createServer } from "vitepress";
import { write, writePages } from "./write-pages.js";

const site = fileURLToPath(new URL("..", import.meta.url));
const { values } = parseArgs({ options: { dev: { type: "boolean", default: false } } });

const files = await writePages(`${site}/.pages`);
if (values.dev) {
  const server = await createServer(site);
  await server.listen();
  server.printUrls();
} else {
  await build(site);
  for (const [name, text] of Object.entries(files)) write(`${site}/dist/${name}`, text);
}
