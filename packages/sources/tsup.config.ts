import { defineConfig } from "tsup";

export default defineConfig({
  entry: {
    "ai-sdk": "src/ai-sdk/index.ts",
    langchain: "src/langchain/index.ts",
    "langchain/register": "src/langchain/register.ts",
    openai: "src/openai/index.ts",
    anthropic: "src/anthropic/index.ts",
    "openai-agents": "src/openai-agents/index.ts",
    mastra: "src/mastra/index.ts",
    otel: "src/otel/index.ts",
    ax: "src/ax/index.ts",
  },
  format: ["esm", "cjs"],
  // Also of CommonJS: what two subpaths share is there once.
  splitting: true,
  treeshake: true,
  dts: true,
  clean: true,
  target: "node20",
  sourcemap: true,
});
