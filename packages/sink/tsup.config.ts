import { defineConfig } from "tsup";

export default defineConfig({
  entry: ["src/index.ts", "src/internal.ts"],
  format: ["esm", "cjs"],
  // Also of CommonJS: both entries have the same classes, and `import()` becomes `require()`, so that what it loads
  // has those of the same core.
  splitting: true,
  dts: true,
  clean: true,
  target: "node20",
  sourcemap: true,
});
