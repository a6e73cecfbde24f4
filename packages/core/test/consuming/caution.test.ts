import { describe, expect, it } from "vitest";
import { Caution } from "../../src/consuming/caution.js";
import type { Delivery } from "../../src/consuming/seam.js";

const delivery = (earlier?: number): Delivery => ({
  body: Buffer.alloc(0),
  headers: {},
  redelivered: earlier !== 0,
  earlier,
});
const many = (count: number, earlier?: number) => Array.from({ length: count }, () => delivery(earlier));

describe("a consumer that meets messages which came back too often", () => {
  it("takes one at a time, until as many as its window have come by that did not", () => {
    const caution = new Caution({ window: 10, maxDeliveries: 10 });
    expect(caution.look([...many(3, 0), ...many(3, 4)])).toBeUndefined();
    expect(caution.window).toBe(10);
    expect(caution.look([...many(3, 0), delivery(5)])?.message).toContain("came back 5 times");
    expect(caution.window).toBe(1);
    for (let clean = 0; clean < 10; clean++) expect(caution.look([delivery(0)])).toBeUndefined();
    expect(caution.look([delivery(9)])).toBeUndefined();
    for (let clean = 0; clean < 10; clean++) expect(caution.look([delivery(0)])).toBeUndefined();
    expect(caution.window).toBe(1);
    expect(caution.look([delivery(0)])?.message).toContain("many at a time again");
    expect(caution.window).toBe(10);
  });

  it("does so before the broker drops them by itself, where maxDeliveries is off", () => {
    const caution = new Caution({ window: 10, maxDeliveries: 0 });
    expect(caution.look([delivery(4)])).toBeUndefined();
    expect(caution.look([delivery(5)])).toBeDefined();
  });

  it("does not count what came for the first time, whose headers nobody has decoded", () => {
    const fresh = {
      ...delivery(0),
      get earlier(): number {
        throw new Error("decoded");
      },
    };
    expect(new Caution({ window: 10, maxDeliveries: 2 }).look([fresh])).toBeUndefined();
  });

  it("changes nothing where the broker does not count, or the window is 1", () => {
    expect(new Caution({ window: 10, maxDeliveries: 2 }).look([delivery(undefined)])).toBeUndefined();
    expect(new Caution({ window: 1, maxDeliveries: 2 }).look([delivery(9)])).toBeUndefined();
  });
});
