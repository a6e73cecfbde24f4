import { AsyncLocalStorage } from "node:async_hooks";
import { RunnableLambda } from "@langchain/core/runnables";
import { AsyncLocalStorageProviderSingleton } from "@langchain/core/singletons";
import { tool } from "@langchain/core/tools";
import { emit, trace } from "@streamll/core";
import { z } from "zod";
import { langchain } from "../../src/langchain/index.js";
import { recorded } from "../recorder.js";

// LangChain in a process without LangGraph, recorded in the way that the argument names. Prints the results of the runs,
// the events, and whether LangChain itself knows the current run.
const [way] = process.argv.slice(2);
if (way === "register") await import("../../src/langchain/register.js");
if (way === "callbacks and a storage")
  AsyncLocalStorageProviderSingleton.initializeGlobalInstance(new AsyncLocalStorage());
const config = way === "register" ? {} : { callbacks: [langchain()] };

const search = tool(
  async ({ query }) => {
    emit("searched");
    return trace("index", async () => [query]);
  },
  { name: "search", description: "searches", schema: z.object({ query: z.string() }) },
);
const chain = RunnableLambda.from((query: string, given) =>
  trace("ask", () => search.invoke({ query }, given)),
)
  .pipe(async (books: string[]) => trace("choose", async () => books[0]))
  .withConfig({ runName: "answer" });

const { events, result } = await recorded(() =>
  trace("program", () => Promise.all(["rabbits", "foxes"].map((query) => chain.invoke(query, config)))),
);
const seen = await RunnableLambda.from(
  () => AsyncLocalStorageProviderSingleton.getRunnableConfig() !== undefined,
).invoke("");
console.log(JSON.stringify({ events, result, isKnownToLangChain: seen }));
