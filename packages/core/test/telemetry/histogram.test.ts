import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Histogram } from "../../src/telemetry/histogram.js";

describe("a histogram", () => {
  it("has every percentile within 0.2 %, whatever the values", () => {
    const value = fc.oneof(fc.nat(1000), fc.nat(), fc.maxSafeNat());
    fc.assert(
      fc.property(
        fc.array(value, { minLength: 1, maxLength: 300 }),
        fc.integer({ min: 1, max: 100 }),
        (values, share) => {
          const histogram = new Histogram();
          for (const one of values) histogram.record(one, 1);
          const sorted = values.toSorted((a, b) => a - b);
          const exact = sorted[Math.ceil((share / 100) * values.length) - 1]!;
          const found = histogram.percentile(share);
          expect(Math.abs(found - exact)).toBeLessThanOrEqual(exact * 0.002);
        },
      ),
    );
  });

  it("counts many equal values in one step, and adds another histogram", () => {
    const one = new Histogram();
    one.record(100, 99);
    const other = new Histogram();
    other.record(5000, 1);
    one.add(other);
    expect([one.count, one.percentile(99), one.percentile(100)]).toEqual([100, 100, 5000]);
  });

  it("is 0 without values", () => {
    expect(new Histogram().percentile(50)).toBe(0);
  });
});
