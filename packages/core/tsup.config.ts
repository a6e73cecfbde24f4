import { defineConfig } from "tsup";

export default defineConfig({
  entry: ["src/index.ts", "src/internal.ts"],
  format: ["esm", "cjs"],
  // Also of CommonJS: both entries have the same classes.
  splitting: true,
  dts: true,
  clean: true,
  target: "node20",
  sourcemap: true,
});
