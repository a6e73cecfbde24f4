import { describe, expect, it } from "vitest";
import { memoryDedup } from "../../src/consuming/dedup.js";

describe("ids that are remembered in memory", () => {
  it("are the last so many, each once", () => {
    const store = memoryDedup(3);
    const known = () => ["a", "b", "c", "d", "e", "f", "g"].filter((id) => store.has(id)).join("");
    for (const id of ["a", "b", "a", "c"]) store.add(id);
    expect(known()).toBe("abc");
    store.add("d");
    expect(known()).toBe("bcd");
    for (const id of ["e", "f", "f", "g"]) store.add(id);
    expect(known()).toBe("efg");
  });

  it("may be one alone", () => {
    const store = memoryDedup(1);
    for (const id of ["a", "b"]) store.add(id);
    expect([store.has("a"), store.has("b")]).toEqual([false, true]);
  });
});
