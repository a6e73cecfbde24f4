import { FakeListChatModel } from "@langchain/core/utils/testing";
import { trace } from "@streamll/core";
import { langchain } from "../../src/langchain/index.js";
import { recorded } from "../recorder.js";
import { runs } from "./scene.js";

// LangChain and LangGraph, recorded by importing `register`. Prints for each run its result without recording, its result
// with recording, and the events.
const bare: Record<string, unknown> = {};
for (const [name, run] of Object.entries(runs)) bare[name] = await run();
await import("../../src/langchain/register.js");

const results: Record<string, unknown> = {};
for (const [name, run] of Object.entries(runs))
  results[name] = { bare: bare[name], ...(await recorded(() => trace("program", run))) };

const graph = runs["a graph that calls a tool"]!;
const { events: concurrent } = await recorded(() =>
  Promise.all([trace("one", graph), trace("other", graph)]),
);

const model = new FakeListChatModel({ responses: ["Rabbits dig."] });
const { events: withCallbacks } = await recorded(() =>
  model.invoke("Do rabbits dig?", { callbacks: [langchain()] }),
);
console.log(JSON.stringify({ results, concurrent, withCallbacks }));
