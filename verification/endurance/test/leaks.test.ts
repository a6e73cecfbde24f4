import { describe, expect, it } from "vitest";
import { leaksIn, type Remains } from "../src/leaks.js";

const remains = (done: number, more: Partial<Remains> = {}): Remains => ({
  done,
  heapBytes: 20e6,
  files: 30,
  handles: 12,
  listeners: 9,
  rssBytes: 100e6,
  ...more,
});

describe("the search for leaks", () => {
  it("compares the end with what there was after a tenth", () => {
    const samples = [remains(500, { files: 10, heapBytes: 10e6 }), remains(1000), remains(10_000)];
    expect(leaksIn(samples)).toEqual([]);
  });

  it.each([
    ["files", { files: 31 }, "1 files more after 10000 than after 1000"],
    ["handles", { handles: 14 }, "2 handles more after 10000 than after 1000"],
    ["listeners", { listeners: 10 }, "1 listeners more after 10000 than after 1000"],
    ["heap", { heapBytes: 20e6 + 3_300_001 }, /grew by 3300001 bytes .* 3300000 at most/],
  ])("finds %s", (_, more, words) => {
    const pattern = typeof words === "string" ? words : expect.stringMatching(words);
    expect(leaksIn([remains(1000), remains(10_000, more)])).toEqual([pattern]);
  });

  it("says where there is too little to compare", () => {
    expect(() => leaksIn([remains(10)])).toThrow("too little");
  });
});
