import { describe, expect, it } from "vitest";
import { growthIn, type Held } from "../src/ui/held.js";

const held = (done: number, more: Partial<Held> = {}): Held => ({
  ...{ done, heapBytes: 100e6, rssBytes: 200e6 },
  ...more,
});

describe("what streamll ui holds", () => {
  it("may grow until its memory is full, and not from then on", () => {
    const filling = held(100_000, { heapBytes: 10e6, rssBytes: 50e6 });
    expect(growthIn([filling, held(200_000), held(900_000, { heapBytes: 104e6 })])).toEqual([]);
    expect(growthIn([filling, held(200_000), held(900_000, { heapBytes: 106e6 })])).toEqual([
      "heapBytes grew from 100000000 after 200000 events to 106000000 after 900000",
    ]);
    expect(growthIn([held(200_000), held(900_000, { rssBytes: 250e6 })])).toHaveLength(1);
  });

  it("is not judged where there is too little to compare", () => {
    expect(() => growthIn([held(100), held(200_000)])).toThrow("too little");
  });
});
