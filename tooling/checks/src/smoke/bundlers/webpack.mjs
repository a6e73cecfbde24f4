// webpack.mjs ENTRY OUTFILE, as a stranger configures it for a server.
import { basename, dirname } from "node:path";
import webpack from "webpack";

const [entry, outfile] = process.argv.slice(2);
const output = { path: dirname(outfile), filename: basename(outfile) };
webpack({ mode: "production", target: "node", entry, output }, (error, stats) => {
  if (!error && !stats.hasErrors()) return;
  console.error(error ?? stats.toString("errors-only"));
  process.exitCode = 1;
});
