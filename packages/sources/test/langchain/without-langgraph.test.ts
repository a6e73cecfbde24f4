import "../../src/langchain/register.js";
import { RunnableLambda } from "@langchain/core/runnables";
import { AsyncLocalStorageProviderSingleton } from "@langchain/core/singletons";
import { tool } from "@langchain/core/tools";
import { emit, trace } from "@streamll/core";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { recorded } from "../recorder.js";
import { faultsOf, treeOf } from "../tree.js";

const search = tool(
  async ({ query }) => {
    emit("searched");
    return trace("index", async () => [query]);
  },
  { name: "search", description: "searches", schema: z.object({ query: z.string() }) },
);
const chain = RunnableLambda.from((query: string) => trace("ask", () => search.invoke({ query })))
  .pipe(async (books: string[]) => trace("choose", async () => books[0]))
  .withConfig({ runName: "answer" });

describe("LangChain without LangGraph, recorded by importing register", () => {
  it("has what the program records in a runnable or a tool below that", async () => {
    const { events, result } = await recorded(() =>
      trace("program", () => Promise.all([chain.invoke("rabbits"), chain.invoke("foxes")])),
    );
    expect(result).toEqual(["rabbits", "foxes"]);
    expect(faultsOf(events)).toEqual([]);
    const run = (query: string) => `
  RunnableSequence.answer → ${query}
    RunnableLambda.RunnableLambda → ["${query}"]
      RunnableLambda.ask → ["${query}"]
        tool.search → ["${query}"]
          tool.index → ["${query}"]
    RunnableLambda.RunnableLambda → ${query}
      RunnableLambda.choose → ${query}`;
    expect(treeOf(events)).toBe(`unknown.program → ["rabbits","foxes"]${run("rabbits")}${run("foxes")}`);
    const tools = events.filter(
      ({ eventType, operation }) => eventType === "start" && operation === "search",
    );
    const emitted = events.filter(({ eventType }) => eventType === "searched");
    expect(emitted.map(({ parentId }) => parentId)).toEqual(tools.map(({ eventId }) => eventId));
  });

  it("leaves LangChain's storage as it is, which keeps nothing", async () => {
    const seen = RunnableLambda.from(() => AsyncLocalStorageProviderSingleton.getRunnableConfig());
    expect(await seen.invoke("")).toBeUndefined();
  });
});
