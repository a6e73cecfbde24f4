import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { trace } from "@streamll/core";
// The types are those of 6; it runs on 7, see newer-node.ts.
import * as ai6 from "ai";
import * as test from "ai/test";
import { aiSdk } from "../../src/ai-sdk/index.js";
import { recorded } from "../recorder.js";
import { type AiSdk, runs } from "./scene.js";

// Prints for each run what it gives without being recorded, what it gives recorded, and the events.
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
const told: Record<string, unknown> = {};
for (const [name, run] of Object.entries(scene)) {
  const { events, result } = await recorded(async () => {
    const result = await trace("answer", () => run(sdk));
    // What the SDK tells after the program has its answer; of a stream that is dropped, nothing.
    for (let n = 0; n < 5; n++) {
      await new Promise((resolve) => setTimeout(resolve, 5));
      collect();
    }
    return result;
  });
  told[name] = { bare: bare[name], result, events };
}
console.log(JSON.stringify(told));
process.exit();
