import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { trace } from "@streamll/core";
// The types are those of version 6, but it runs on 7: see newer-node.ts.
import * as ai6 from "ai";
import * as test from "ai/test";
import { aiSdk } from "../../src/ai-sdk/index.js";
import { recorded } from "../recorder.js";
import { type AiSdk, runs } from "./scene.js";

// Prints for each run its result without recording, its result with recording, and the events.
const ai = ai6 as unknown as Record<string, unknown> & { registerTelemetry(integration: object): void };
const sdk: AiSdk = {
  version: 7,
  ai: { ...ai, stepCountIs: ai.isStepCount ?? ai.stepCountIs },
  test,
  model: (model) => model,
  tools: (tools) => tools,
};
setFlagsFromString("--expose-gc");
const collect = runInNewContext("gc") as () => void;
const scene: typeof runs = {
  ...runs,
  "two runs at once": (sdk) =>
    Promise.all([runs["a stream that is read to its end"]!(sdk), runs["an answer by a tool"]!(sdk)]),
};
const bare: Record<string, unknown> = {};
for (const [name, run] of Object.entries(scene)) bare[name] = await run(sdk);
ai.registerTelemetry(aiSdk());
const results: Record<string, unknown> = {};
for (const [name, run] of Object.entries(scene)) {
  const { events, result } = await recorded(async () => {
    const result = await trace("answer", () => run(sdk));
    // The SDK reports some things after the program has its answer, and nothing about a dropped stream.
    for (let n = 0; n < 5; n++) {
      await new Promise((resolve) => setTimeout(resolve, 5));
      collect();
    }
    return result;
  });
  results[name] = { bare: bare[name], result, events };
}
console.log(JSON.stringify(results));
process.exit();
