import { defineConfig } from "tsup";

export default defineConfig({
  entry: ["src/index.ts"],
  format: ["esm", "cjs"],
  // Makes `require()` of `import()` in CommonJS: what it loads has the classes of the same core.
  splitting: true,
  dts: true,
  clean: true,
  target: "node20",
  sourcemap: true,
});
