import { describe, expect, it } from "vitest";
import { median, ratios, spread } from "../src/figures.js";
import { type Goal, goalRow, goalsOf } from "../src/goals.js";
import type { Run } from "../src/run.js";

const runOf = (eventsPerSecond: number, cpuMicros: number): Run => ({
  eventsPerSecond,
  cpuMicros,
  gcMicros: 0,
  helperMicros: 0,
  loopDelayP99Ms: 0,
});

describe("the figures of the bench", () => {
  it("have the middle of an odd number of rounds as median, and the mean of the two middle ones of an even number", () => {
    expect(median([3, 1, 2])).toBe(2);
    expect(median([4, 1, 2, 3])).toBe(2.5);
    expect(spread([3, 1, 2], 1)).toBe("2.0 (1.0–3.0)");
  });

  it("have ratios within each round, so that a slow round of the machine changes none", () => {
    const runs = new Map([
      ["ours", [runOf(100, 5), runOf(10, 50)]],
      ["theirs", [runOf(50, 10), runOf(5, 100)]],
    ]);
    expect(ratios(runs, "cpuMicros", "ours", "theirs")).toEqual([0.5, 0.5]);
    expect(ratios(runs, "eventsPerSecond", "ours", "theirs")).toEqual([2, 2]);
  });
});

describe("a goal of the bench", () => {
  const goal = (figures: readonly number[], bounds: Pick<Goal, "least" | "most">) =>
    goalRow({ title: "t", figures, digits: 1, ...bounds });

  it("is met when the median is within the bound", () => {
    expect(goal([1.4, 1.6, 1.5], { most: 1.6 })).toEqual(["t", "at most 1.6", "1.5 (1.4–1.6)", "met"]);
    expect(goal([0.7], { least: 0.8 })).toEqual(["t", "at least 0.8", "0.7 (0.7–0.7)", "missed"]);
  });

  it("says how many rounds agree where some do not", () => {
    expect(goal([1.5, 1.5, 1.7], { most: 1.6 }).at(-1)).toBe("met, in 2 of 3 rounds");
    expect(goal([1.5, 1.7, 1.7], { most: 1.6 }).at(-1)).toBe("missed, in 2 of 3 rounds");
  });

  it("of streams compares with the better of the official client's two ways, round by round", () => {
    const runs = new Map([
      ["inline", [runOf(100, 4), runOf(100, 4)]],
      ["pipelined", [runOf(30, 9), runOf(20, 9)]],
      ["subEntries", [runOf(20, 9), runOf(40, 9)]],
      ["streamll", [runOf(90, 6), runOf(80, 6)]],
      ["recipe", [runOf(90, 6), runOf(80, 6)]],
    ]);
    const over = goalsOf("streams", runs).filter(({ title }) => title.includes("better rate"));
    expect(over.map(({ figures }) => figures)).toEqual([
      [3, 2],
      [3, 2],
    ]);
  });
});
