import { ConfigurationError, trace } from "@streamll/core";
import { describe, expect, it } from "vitest";
import { recordAnthropic } from "../../src/anthropic/index.js";
import { recorded } from "../recorder.js";
import { faultsOf, treeOf } from "../tree.js";
import { runs } from "./scene.js";

const line = (rest: string) => `Anthropic.messages.create ${rest}`;
const whole = '→ {"id":"m1","type":"message","role":"assistant","model":"clau…';
const streamed = line("[claude-5-2026] 3 tokens → Rabbits dig. 10+2 (end_turn)");

/** The calls of each run of the scene, in the order of their starts. */
const trees: Record<string, string> = {
  "a message": line(`[claude-5-2026] ${whole} 10+2 (end_turn)`),
  "a message, by withResponse": line(`[claude-5-2026] ${whole} 10+2 (end_turn)`),
  "a message that calls a tool": line(
    `[claude-5-2026] ${whole} calls search#t1({"query":"rabbits"}) 10+2 (tool_use)`,
  ),
  "a stream that is read to its end": streamed,
  "a stream that is broken off": line("[claude-5-2026] 1 tokens cancelled → Rab 10+1"),
  "a stream that calls a tool": line('[claude-5-2026] calls search#t1({"query":"rabbits"}) 10+2 (tool_use)'),
  "the helper for streams, by listeners": streamed,
  "the helper for streams, by iteration": streamed,
  "the helper for streams, aborted": line("[claude-5-2026] 1 tokens cancelled → Rab 10+1"),
  "a stream with an error in it": line(
    `[claude-5-2026] ✗ APIError: {"type":"error","error":{"type":"overloaded_error","message":"overloaded"}} 10+1`,
  ),
  "a call that is refused": line(
    `[claude-5] ✗ BadRequestError: 400 {"error":{"type":"overloaded_error","message":"overloaded","code":"overloaded"}}`,
  ),
  "a call that is tried again": line(`[claude-5-2026] ${whole} 10+2 (end_turn)`),
};

describe("a recorded client of Anthropic", () => {
  it.each(Object.keys(runs))("returns the same with recording, and records all calls: %s", async (name) => {
    const { result, events } = await recorded(() => trace("program", () => runs[name]!(recordAnthropic)));
    expect(result).toEqual(await runs[name]!((client) => client));
    expect(faultsOf(events)).toEqual([]);
    const [, ...calls] = treeOf(events).split("\n");
    expect(calls.map((line) => line.trim()).join("\n")).toBe(trees[name]);
  });

  it("records cached tokens, and never the key", async () => {
    const { events } = await recorded(() => runs["a message"]!(recordAnthropic));
    expect(events.at(-1)?.data.usage).toEqual({
      ...{ input_tokens: 10, output_tokens: 2, cache_read_tokens: 4, cache_write_tokens: 1 },
    });
    expect(JSON.stringify(events)).not.toContain("secret");
  });

  it("keeps two concurrent runs apart", async () => {
    const { events } = await recorded(() =>
      Promise.all([
        trace("one", () => runs["the helper for streams, by iteration"]!(recordAnthropic)),
        trace("other", () => runs["a message"]!(recordAnthropic)),
      ]),
    );
    expect(faultsOf(events)).toEqual([]);
    const depths = treeOf(events)
      .split("\n")
      .map((line) => line.search(/\S/));
    expect(depths).toEqual([0, 2, 0, 2]);
  });

  it("rejects anything but such a client", () => {
    expect(() => recordAnthropic({})).toThrow(ConfigurationError);
  });
});
