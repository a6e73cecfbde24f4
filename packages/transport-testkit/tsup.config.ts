import { defineConfig } from "tsup";

export default defineConfig({
  entry: ["src/index.ts", "src/alone-program.ts"],
  // vitest throws when it is required: a CommonJS build could not be loaded.
  format: ["esm"],
  dts: true,
  clean: true,
  target: "node20",
  sourcemap: true,
});
