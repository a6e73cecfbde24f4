import { type CallHandle, configure, openCall, type StreamllEvent, trace } from "@streamll/core";
import { describe, expect, it } from "vitest";
import { aiSdk } from "../src/ai-sdk/index.js";
import { langchain } from "../src/langchain/index.js";
import { CallTable } from "../src/shared/call-table.js";
import { recorded } from "./recorder.js";
import { faultsOf, treeOf } from "./tree.js";

// Faults that users of other tools reported, with the numbers of their issues. Streams with errors in them (vercel/ai#20586),
// aborted calls (mastra#15302), abandoned streams (openinference#3796) and parents that end before their children
// (openllmetry#3526) are in the scenes of the sources; memory that grows (langsmith-sdk#2227) also in load/memory.ts.

const types = (events: readonly StreamllEvent[]) => events.map(({ eventType }) => eventType);

describe("an operation of AI SDK 7", () => {
  it("has one end even if the SDK reports an end after an abort (vercel/ai#20908)", async () => {
    const { events } = await recorded(async () => {
      const telemetry = aiSdk();
      const event = { callId: "c1", operationId: "ai.streamText" };
      telemetry.onStart(event);
      telemetry.onAbort(event);
      telemetry.onEnd(event);
      telemetry.onError({ callId: "c1", error: new Error("late") });
    });
    expect(types(events)).toEqual(["start", "end"]);
    expect(events[1]!.data.cancelled).toBe(true);
  });

  it("ends with the program if no hook reports its end, as on a platform that freezes it (langsmith-sdk#2728)", async () => {
    const { events } = await recorded(async () => {
      const telemetry = aiSdk();
      const stream = new ReadableStream({ pull: () => new Promise(() => {}) });
      telemetry.onStart({ callId: "c1" });
      await telemetry.executeLanguageModelCall({ callId: "c1", execute: async () => ({ stream }) });
      void stream.getReader().read();
    });
    expect(types(events).sort()).toEqual(["end", "llm_end", "llm_start", "start"]);
    expect(faultsOf(events)).toEqual([]);
  });
});

describe("a flush", () => {
  it("emits everything recorded so far, tokens included (langfuse#11984, langfuse#3292)", async () => {
    const events: StreamllEvent[] = [];
    const taken: number[] = [];
    const report = {} as never;
    const streamll = configure({
      sinks: [
        {
          handleEvent: (event) => events.push(event as StreamllEvent) > 0,
          flush: async () => {
            taken.push(events.length);
            return report;
          },
          stop: async () => report,
        },
      ],
    });
    const call = openCall("generate", { kind: "llm" });
    call.token("half of ");
    await streamll.flush();
    expect([types(events), taken]).toEqual([["llm_start", "token"], [2]]);
    await streamll.stop();
  });
});

describe("a run of LangChain", () => {
  it("whose parent is unknown is recorded at the top (langchain docs#4485)", async () => {
    const { events } = await recorded(async () => {
      const handler = langchain() as unknown as Record<string, (...args: unknown[]) => void>;
      handler.handleChainStart!({ id: ["Orphan"] }, { a: 1 }, "run", "never seen");
      handler.handleChainEnd!({ b: 2 }, "run");
    });
    expect(treeOf(events)).toBe('Orphan.Orphan → {"b":2}');
  });
});

describe("a table of open calls", () => {
  it("keeps no ended call, whoever ended it (langsmith-sdk#2227)", async () => {
    const table = new CallTable();
    await recorded(async () => {
      trace("run", () => {
        const calls: CallHandle[] = [];
        for (let n = 0; n < 1000; n++) calls.push(table.open(String(n), "step", {}));
        for (const call of calls.slice(0, 500)) call.end();
        expect(table.size).toBe(500);
        // An id that is used again.
        table.open("999", "step", {});
        expect(table.size).toBe(500);
      });
      expect(table.size).toBe(0);
    });
  });
});
