import { defineConfig } from "tsup";

export default defineConfig({
  entry: ["src/index.ts", "src/options.ts", "src/internal.ts"],
  format: ["esm", "cjs"],
  // Also of CommonJS: both entries have the same classes. With `treeshake`, Rollup writes it, as modern as it was.
  splitting: true,
  treeshake: true,
  dts: true,
  clean: true,
  target: "node20",
  sourcemap: true,
});
