import * as api from "@opentelemetry/api";
import { StreamllSpanProcessor } from "../../src/otel/index.js";
import { load } from "../not-installed.js";
import { recorded } from "../recorder.js";
import { runs } from "./scene.js";

const { TracerProvider } = await load("@opentelemetry/sdk-trace");
const tracer = new TracerProvider({ spanProcessors: [new StreamllSpanProcessor()] }).getTracer("library");
const results: Record<string, unknown> = {};
for (const [name, run] of Object.entries(runs))
  results[name] = (await recorded(async () => run({ tracer, api }))).events;
console.log(JSON.stringify(results));
