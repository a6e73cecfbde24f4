import { describe, expect, it } from "vitest";
import { returnOf } from "../src/connects.js";

describe("the return of connections", () => {
  it("tells when half and when all of the sinks had one, from when the broker was back", () => {
    expect(returnOf([1400, 1100, 5000, 1200], 1000)).toMatchObject({ returned: 4, halfMs: 200, allMs: 4000 });
  });

  it("has its peak in the busiest second, wherever that begins", () => {
    const times = [0, 900, 950, 1000, 1050, 1899, 1900, 3000];
    expect(returnOf(times, 0).peakPerSecond).toBe(5);
  });

  it("counts all that came at the same time as one peak", () => {
    expect(returnOf([7, 7, 7], 0)).toEqual({ returned: 3, peakPerSecond: 3, halfMs: 7, allMs: 7 });
  });
});
