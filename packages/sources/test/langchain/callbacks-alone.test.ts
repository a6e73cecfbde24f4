import { AsyncLocalStorage } from "node:async_hooks";
import { RunnableLambda } from "@langchain/core/runnables";
import { AsyncLocalStorageProviderSingleton } from "@langchain/core/singletons";
import { trace } from "@streamll/core";
import { describe, expect, it } from "vitest";
import { langchain } from "../../src/langchain/index.js";
import { recorded } from "../recorder.js";
import { treeOf } from "../tree.js";

const run = () =>
  recorded(() =>
    trace("program", () =>
      RunnableLambda.from(() => trace("index", () => 1)).invoke("", { callbacks: [langchain()] }),
    ),
  );

describe("what the program records in a runnable, with callbacks alone", () => {
  it("is below the program's call where LangChain has no storage of its own", async () => {
    const { events } = await run();
    expect(treeOf(events)).toBe(`\
unknown.program → 1
  RunnableLambda.RunnableLambda → 1
  unknown.index → 1`);
  });

  it("is below the runnable where it has one, as with LangGraph", async () => {
    AsyncLocalStorageProviderSingleton.initializeGlobalInstance(new AsyncLocalStorage());
    const { events } = await run();
    expect(treeOf(events)).toBe(`\
unknown.program → 1
  RunnableLambda.RunnableLambda → 1
    RunnableLambda.index → 1`);
  });
});
