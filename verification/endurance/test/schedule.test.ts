import { describe, expect, it } from "vitest";
import { Random } from "../src/random.js";
import { paces, track } from "../src/schedule.js";

const kinds = { kill: [0, 4000], freeze: [500, 6000], alarm: [1000, 2000] } as const;
const MS = 600_000;
const tracked = (seed: number, ms = MS) => track(kinds, { random: new Random(seed), ms, sinks: 4 });

describe("the schedule of chaos", () => {
  it("is the same with the same seed, and another with another", () => {
    expect(tracked(1)).toEqual(tracked(1));
    expect(tracked(1)).not.toEqual(tracked(2));
  });

  it.each([1, 2, 3, 4, 5])(
    "has one fault at a time, within its time, at a sink that is there (seed %i)",
    (seed) => {
      let free = 0;
      const plans = tracked(seed);
      expect(plans.length).toBeGreaterThan(50);
      for (const { kind, atMs, lastsMs, sink, strength } of plans) {
        const [least, most] = kinds[kind];
        expect(atMs).toBeGreaterThan(free);
        expect(lastsMs).toBeGreaterThanOrEqual(least);
        expect(lastsMs).toBeLessThanOrEqual(most);
        expect([0, 1, 2, 3]).toContain(sink);
        expect(strength).toBeGreaterThanOrEqual(0);
        expect(strength).toBeLessThan(1);
        free = atMs + lastsMs;
      }
      expect(free).toBeLessThanOrEqual(MS - 5000);
    },
  );

  it("has each kind before any comes again", () => {
    const names = tracked(6).map(({ kind }) => kind);
    for (let at = 0; at + 3 <= names.length; at += 3) expect(new Set(names.slice(at, at + 3)).size).toBe(3);
  });

  it("has no fault where there is no time for one", () => {
    expect(tracked(1, 1000)).toEqual([]);
  });

  it("begins with a load and keeps it within its range", () => {
    const steps = paces(new Random(3), MS, [2000, 8000]);
    expect(steps[0]!.atMs).toBe(0);
    expect(steps.length).toBeGreaterThanOrEqual(20);
    for (const { atMs, perSecond } of steps) {
      expect(atMs).toBeLessThan(MS);
      expect(perSecond).toBeGreaterThanOrEqual(2000);
      expect(perSecond).toBeLessThanOrEqual(8000);
    }
  });
});
