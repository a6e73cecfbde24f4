import type { StreamllEvent } from "@streamll/core";
import { describe, expect, it } from "vitest";
import { faultsOf, treeOf } from "../tree.js";
import { inOwnProcess } from "./own-process.js";

interface RunResult {
  readonly events: StreamllEvent[];
  readonly result: unknown;
  readonly isKnownToLangChain: boolean;
}

const runOnLangChainAlone = (way: string) => inOwnProcess<RunResult>("on-langchain-alone.ts", way);

const nested = (query: string) => `
  RunnableSequence.answer → ${query}
    RunnableLambda.RunnableLambda → ["${query}"]
      RunnableLambda.ask → ["${query}"]
        tool.search → ["${query}"]
          tool.index → ["${query}"]
    RunnableLambda.RunnableLambda → ${query}
      RunnableLambda.choose → ${query}`;

describe("what the program records in runnables and tools of LangChain without LangGraph", () => {
  it.each(["register", "callbacks and a storage"])("is below those, with %s", async (way) => {
    const { events, result, isKnownToLangChain } = await runOnLangChainAlone(way);
    expect(result).toEqual(["rabbits", "foxes"]);
    expect(faultsOf(events)).toEqual([]);
    expect(treeOf(events)).toBe(
      `unknown.program → ["rabbits","foxes"]${nested("rabbits")}${nested("foxes")}`,
    );
    const tools = events.filter(
      ({ eventType, operation }) => eventType === "start" && operation === "search",
    );
    const emitted = events.filter(({ eventType }) => eventType === "searched");
    expect(emitted.map(({ parentId }) => parentId)).toEqual(tools.map(({ eventId }) => eventId));
    // With `register`, LangChain's own code still finds no current run.
    expect(isKnownToLangChain).toBe(way !== "register");
  });

  it("is below the program's call with callbacks and no storage", async () => {
    const { events } = await runOnLangChainAlone("callbacks");
    expect(faultsOf(events)).toEqual([]);
    const program = events[0]!.eventId;
    const own = events.filter(
      ({ eventType, operation }) => eventType === "start" && /^(ask|index|choose)$/.test(operation ?? ""),
    );
    expect(own.map(({ operation, parentId }) => [operation, parentId === program])).toEqual(
      expect.arrayContaining([
        ["ask", true],
        ["choose", true],
      ]),
    );
  });
});
