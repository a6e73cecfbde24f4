import { defineConfig } from "tsup";
import { requireInCommonJs } from "../../tooling/tsup/require-in-commonjs.js";

export default defineConfig({
  entry: ["src/index.ts"],
  format: ["esm", "cjs"],
  dts: true,
  clean: true,
  target: "node20",
  sourcemap: true,
  esbuildPlugins: [requireInCommonJs],
  // In CommonJS `require()` in place of `import()`: what it loads is CommonJS too, with the classes of the same core.
  esbuildOptions(options, { format }) {
    if (format === "cjs") options.supported = { ...options.supported, "dynamic-import": false };
  },
});
