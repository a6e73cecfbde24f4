import { readFile } from "node:fs/promises";
import type { Options } from "tsup";

type Plugin = NonNullable<Options["esbuildPlugins"]>[number];

/**
 * In CommonJS a plain `require()` in the place of each `await import()`. What it loads is CommonJS too, with the classes
 * of the same core; Jest can run it; and it stays within its `try`, by which a bundler knows that it may fail. esbuild's
 * own rewriting puts it into a function of its own.
 */
export const requireInCommonJs: Plugin = {
  name: "require-in-commonjs",
  setup({ initialOptions, onLoad }) {
    if (initialOptions.format !== "cjs") return;
    onLoad({ filter: /\/src\/.*\.ts$/ }, async ({ path }) => {
      const source = await readFile(path, "utf8");
      const contents = source.replaceAll(/\bawait import\(/g, "require(");
      return contents === source ? undefined : { contents, loader: "ts" };
    });
  },
};
