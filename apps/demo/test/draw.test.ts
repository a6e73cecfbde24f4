import { stripVTControlCharacters } from "node:util";
import { createEvent, type EventInput } from "@streamll/core";
import pc from "picocolors";
import { describe, expect, it } from "vitest";
import { drawTree } from "../src/draw.js";

const began = Date.parse("2026-01-01T00:00:00Z");

/** An event so many milliseconds after the first. */
function event(ms: number, eventType: string, input: Partial<EventInput>) {
  return createEvent({ moduleName: "RAG", eventType, timestamp: began + ms, ...input });
}

function drawn(events: Parameters<typeof drawTree>[0], width = 100, colors = pc.createColors(false)) {
  return drawTree(events, width, colors).slice(1);
}

const answered = [
  event(0, "start", { eventId: "rag", data: { inputs: ["why?"] } }),
  event(0, "start", {
    eventId: "search",
    parentId: "rag",
    moduleName: "Retrieve",
    data: { inputs: ["why?"] },
  }),
  event(50, "retrieved", { parentId: "search", moduleName: "Retrieve", data: { passages: 3 } }),
  event(100, "end", {
    parentId: "search",
    moduleName: "Retrieve",
    data: { duration_ms: 99.6, outputs: ["a.md"] },
  }),
  event(150, "token", { parentId: "rag", data: { token: "So ", token_count: 1 } }),
  event(199, "token", { parentId: "rag", data: { token: "it is.", token_count: 2 } }),
  event(199, "end", { parentId: "rag", data: { duration_ms: 199.04 } }),
];

describe("the tree of calls", () => {
  it("shows calls inside calls, what went in and came out, tokens, and when each was", () => {
    expect(drawn(answered)).toEqual([
      'RAG.forward "why?"                                                ━━━━━━━━━━━━━━━━━━━━━━━━  199.0 ms',
      '├ Retrieve.forward → "a.md"                                       ━━━━━━━━━━━━━              99.6 ms',
      '│ └ retrieved {"passages":3}                                            •',
      '└ 3 tokens "So it is."                                                              •    •',
    ]);
  });

  it("has the scale of time above it", () => {
    const [scale, first] = drawTree(answered, 100, pc.createColors(false));
    expect(scale!.trim()).toMatch(/^0 +200 ms$/);
    expect(scale!.indexOf("0")).toBe(first!.indexOf("━"));
  });

  it("shows an error where it was raised", () => {
    const [start, search] = answered as [(typeof answered)[0], (typeof answered)[0]];
    const data = { duration_ms: 1, error_type: "PageNotFoundError", error_message: "no such page" };
    const lines = drawn([start, search, event(1, "error", { parentId: "search", data })]);
    expect(lines[1]).toMatch(/^└ ✗ Retrieve.forward PageNotFoundError: no such page .* 1\.0 ms$/);
  });

  it("says of a call without its end that it has not ended", () => {
    expect(drawn(answered.slice(0, 1))).toEqual([
      expect.stringMatching(/^RAG.forward "why\?" .* not ended$/),
    ]);
  });

  it("keeps calls that ran at once apart", () => {
    const other = answered.map((event) => ({
      ...event,
      eventId: `other ${event.eventId}`,
      ...(event.parentId === undefined ? {} : { parentId: `other ${event.parentId}` }),
    }));
    const mixed = answered.flatMap((event, index) => [event, other[index]!]);
    expect(drawn(mixed)).toEqual([...drawn(answered), ...drawn(answered)]);
  });

  it("shows an event outside of any call, and one whose call is not there", () => {
    const lines = drawn([event(0, "ready", {}), event(1, "end", { parentId: "unknown" })]);
    expect(lines).toEqual([expect.stringMatching(/^ready \{\} /), expect.stringMatching(/^end \{\} /)]);
  });

  it("keeps to the width, coloured or not", () => {
    const long = answered.map((event) => ({
      ...event,
      data: { ...event.data, inputs: ["why? ".repeat(50)] },
    }));
    for (const line of drawn(long, 80)) expect(line.length).toBeLessThanOrEqual(80);
    const coloured = drawn(long, 80, pc.createColors(true)).join("\n");
    expect(coloured).toContain("\x1b[");
    expect(stripVTControlCharacters(coloured).split("\n")).toEqual(drawn(long, 80));
  });
});
