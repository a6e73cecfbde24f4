import { describe, expect, it } from "vitest";
import { trace } from "../../src/index.js";
import { record } from "./recorder.js";

const shownOf = (inputs: unknown[], maxBytes: number | string = "1KiB") => {
  const recorder = record({ capture: { maxBytes } });
  trace("work", { inputs }, () => {});
  const { inputs: shown } = recorder.one("start").data;
  return { shown: shown as never, bytes: Buffer.byteLength(JSON.stringify(shown)) };
};

describe("arguments that are cut", () => {
  it("keep small values whole, however long the text before them is", () => {
    const { shown, bytes } = shownOf([{ document: "x".repeat(100_000), question: "why?" }, "last"]);
    const [{ document, question }, last] = shown as [{ document: string; question: string }, string];
    expect([question, last]).toEqual(["why?", "last"]);
    expect(document).toMatch(/^x{900,}…\[Truncated\]$/);
    expect(bytes).toBeLessThan(1100);
  });

  it("keep an equal share of each of several long texts", () => {
    const { shown } = shownOf([{ a: "a".repeat(5000), b: "b".repeat(5000), c: "c".repeat(50) }]);
    const [{ a, b, c }] = shown as [Record<string, string>];
    expect(a!.length).toBe(b!.length);
    expect(a!.length).toBeGreaterThan(400);
    expect(c).toBe("c".repeat(50));
  });

  it.each([10, 500, 100_000])("keep the first and the newest messages of a chat of %i", (count) => {
    const messages = Array.from({ length: count }, (_, index) => ({
      role: index === 0 ? "system" : "user",
      content: `message ${index} ${"x".repeat(2000)}`,
    }));
    messages.push({ role: "user", content: "the question" });
    const { shown, bytes } = shownOf([{ model: "m", messages }]);
    const [{ model, messages: kept }] = shown as [{ model: string; messages: { content: string }[] }];
    expect(model).toBe("m");
    expect(kept.at(-1)!.content).toBe("the question");
    expect(kept[0]!.content).toMatch(/^message 0/);
    expect(kept.at(-2)!.content).toMatch(new RegExp(`^message ${count - 1} `));
    expect(bytes).toBeLessThan(1400);
  });

  it("keep the first items of a list that is no chat whole, and mark that others are missing", () => {
    const { shown } = shownOf([Array.from({ length: 1000 }, (_, row) => ({ row }))]);
    const rows = (shown as unknown[][])[0]!;
    expect(rows.slice(0, 3)).toEqual([{ row: 0 }, { row: 1 }, { row: 2 }]);
    expect(rows.at(-1)).toBe("[Truncated]");
  });

  it("keep room for messages beside long descriptions of tools", () => {
    const tools = Array.from({ length: 40 }, (_, n) => ({ name: `tool${n}`, description: "d".repeat(1000) }));
    const { shown } = shownOf([{ tools, messages: [{ role: "user", content: "why do rabbits dig?" }] }]);
    const [{ messages }] = shown as [{ messages: { content: string }[] }];
    expect(messages[0]!.content).toBe("why do rabbits dig?");
  });

  it("are unchanged if they fit", () => {
    const inputs = [{ a: ["x".repeat(400)], b: { c: null, d: 1.5 } }];
    expect(shownOf(inputs).shown).toEqual(inputs);
  });
});
