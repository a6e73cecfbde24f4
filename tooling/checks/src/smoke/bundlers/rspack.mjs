// rspack.mjs ENTRY OUTFILE, as a stranger configures it for a server.
import { basename, dirname } from "node:path";
import { rspack } from "@rspack/core";

const [entry, outfile] = process.argv.slice(2);
const output = { path: dirname(outfile), filename: basename(outfile) };
rspack({ mode: "production", target: "node", entry, output }, (error, stats) => {
  if (!error && !stats.hasErrors()) return;
  console.error(error ?? stats.toString("errors-only"));
  process.exitCode = 1;
});
