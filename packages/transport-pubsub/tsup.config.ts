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
});
