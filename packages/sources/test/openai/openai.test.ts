import { ConfigurationError, trace } from "@streamll/core";
import OpenAI from "openai";
import { describe, expect, it } from "vitest";
import { recordOpenAI } from "../../src/openai/index.js";
import { recorded } from "../recorder.js";
import { faultsOf, treeOf } from "../tree.js";
import { runs } from "./scene.js";
import { trees } from "./trees.js";

const sdk = { OpenAI, record: recordOpenAI };

describe("a recorded client of OpenAI 6", () => {
  it.each(Object.keys(runs))("returns the same with recording, and records all calls: %s", async (name) => {
    const { result, events } = await recorded(() => trace("program", () => runs[name]!(sdk)));
    expect(result).toEqual(await runs[name]!({ OpenAI, record: (client) => client }));
    expect(faultsOf(events)).toEqual([]);
    const [, ...calls] = treeOf(events).split("\n");
    expect(calls.map((line) => line.trim())).toEqual(trees[name]);
  });

  it("records cached and reasoning tokens, status and code, and never the key", async () => {
    const { events } = await recorded(async () => {
      await runs.chat!(sdk);
      await runs["a call that is refused"]!(sdk);
    });
    expect(events.find(({ eventType }) => eventType === "llm_end")?.data.usage).toEqual({
      ...{ input_tokens: 10, output_tokens: 2, total_tokens: 12 },
      ...{ cache_read_tokens: 4, reasoning_tokens: 1 },
    });
    expect(events.at(-1)?.data).toMatchObject({
      error_type: "BadRequestError",
      status: 400,
      code: "overloaded",
    });
    expect(JSON.stringify(events)).not.toContain("secret");
  });

  it("keeps two concurrent runs apart", async () => {
    const { events } = await recorded(() =>
      Promise.all([
        trace("one", () => runs["chat, by tools that run"]!(sdk)),
        trace("other", () => runs["chat, as a stream that is read to its end"]!(sdk)),
      ]),
    );
    expect(faultsOf(events)).toEqual([]);
    const depths = treeOf(events)
      .split("\n")
      .map((line) => line.search(/\S/));
    expect(depths).toEqual([0, 2, 2, 0, 2]);
  });

  it("rejects anything but such a client", () => {
    expect(() => recordOpenAI({ chat: {} })).toThrow(ConfigurationError);
    expect(() => recordOpenAI({ chat: {} })).toThrow(/chat.completions.create/);
  });
});
