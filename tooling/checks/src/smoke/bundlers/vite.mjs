// vite.mjs ENTRY OUTFILE, as a stranger configures it for a server that is one file.
import { basename, dirname } from "node:path";
import { build } from "vite";

const [entry, outfile] = process.argv.slice(2);
await build({
  root: dirname(entry),
  logLevel: "error",
  ssr: { noExternal: true },
  build: {
    ssr: entry,
    outDir: dirname(outfile),
    emptyOutDir: false,
    rollupOptions: { output: { entryFileNames: basename(outfile), codeSplitting: false } },
  },
});
