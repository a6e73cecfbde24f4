import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { buildSync } from "esbuild";

/** Says where the sources of the packages are: they need not be built before. */
const tsconfig = fileURLToPath(new URL("../../../tsconfig.json", import.meta.url));

const files = new Map<string, string>();

/**
 * A program in one file of JavaScript, as users run theirs: what a loader of TypeScript takes would count among what is
 * measured of it.
 */
export function built(script: URL): string {
  const source = fileURLToPath(script);
  let file = files.get(source);
  if (file === undefined) {
    const folder = mkdtempSync(join(tmpdir(), "streamll-program-"));
    process.once("exit", () => rmSync(folder, { recursive: true, force: true }));
    file = join(folder, basename(source).replace(/ts$/, "mjs"));
    buildSync({
      entryPoints: [source],
      outfile: file,
      tsconfig,
      bundle: true,
      platform: "node",
      format: "esm",
      target: "node20",
      external: ["ws", "@azure/identity", "google-auth-library"],
      // What is inside of CommonJS.
      banner: {
        js: 'import { createRequire } from "node:module"; const require = createRequire(import.meta.url);',
      },
    });
    files.set(source, file);
  }
  return file;
}
