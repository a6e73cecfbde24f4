import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { memoryDedup } from "../../src/consuming/memory-dedup.js";

describe("the ids in memory", () => {
  it("are the last so many, each once, whatever their hashes are", () => {
    const ids = fc.array(fc.oneof(fc.string({ maxLength: 2 }), fc.nat(40).map(String)), { maxLength: 300 });
    fc.assert(
      fc.property(ids, fc.integer({ min: 1, max: 20 }), (all, window) => {
        const store = memoryDedup(window);
        const known: string[] = [];
        for (const id of all) {
          expect(store.has(id)).toBe(known.includes(id));
          store.add(id);
          if (!known.includes(id)) known.push(id);
          if (known.length > window) known.shift();
          for (const other of all) expect(store.has(other)).toBe(known.includes(other));
        }
      }),
    );
  });

  it("are added also where another was asked for since", () => {
    const store = memoryDedup(2);
    expect([store.has("a"), store.has("b")]).toEqual([false, false]);
    store.add("a");
    store.add("a");
    store.add("b");
    expect([store.has("a"), store.has("b")]).toEqual([true, true]);
  });

  it("of many tens of thousands are all there", () => {
    const store = memoryDedup(50_000);
    const idOf = (index: number) => `0b51be6b-3cb5-4f6e-8c80-${String(index).padStart(12, "0")}`;
    for (let index = 0; index < 120_000; index++) store.add(idOf(index));
    expect([69_999, 70_000, 119_999, 120_000].map((index) => store.has(idOf(index)))).toEqual([
      false,
      true,
      true,
      false,
    ]);
  });
});
