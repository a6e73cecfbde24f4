import { describe, expect, it } from "vitest";
import { Meter } from "../../src/telemetry/meter.js";

function meterAt(start = 0) {
  let now = start;
  const meter = new Meter(() => now);
  return {
    meter,
    pass(ms: number) {
      now += ms;
    },
  };
}

describe("the meter of recent rate and latency", () => {
  it("reads 0 before the first event", () => {
    expect(meterAt().meter.read()).toEqual({ perSecond: 0, p50: 0, p95: 0, p99: 0 });
  });

  it("has the percentiles of the latency in milliseconds, within a thousandth", () => {
    const { meter } = meterAt();
    for (let ms = 1; ms <= 1000; ms++) meter.sent(1, ms);
    const { p50, p95, p99 } = meter.read();
    for (const [value, expected] of [
      [p50, 500],
      [p95, 950],
      [p99, 990],
    ] as const) {
      expect(Math.abs(value - expected) / expected).toBeLessThan(0.002);
    }
  });

  it("counts every event of a batch", () => {
    const { meter, pass } = meterAt();
    meter.sent(97, 2);
    meter.sent(3, 400);
    pass(4000);
    const { perSecond, p50, p95, p99 } = meter.read();
    expect(perSecond).toBe(25);
    expect([p50, p95]).toEqual([2, 2]);
    expect(p99).toBeCloseTo(400, 0);
  });

  it("takes the rate over at least a second", () => {
    const { meter, pass } = meterAt();
    meter.sent(10, 1);
    pass(10);
    expect(meter.read().perSecond).toBe(10);
  });

  it("forgets events after two windows of ten seconds", () => {
    const { meter, pass } = meterAt(5000);
    meter.sent(100, 900);
    pass(10_000);
    meter.sent(100, 1);
    expect(meter.read().p99).toBeCloseTo(900, -1);
    pass(9999);
    expect(meter.read().perSecond).toBeCloseTo(10, 1);
    pass(1);
    expect(meter.read()).toMatchObject({ perSecond: 10, p99: 1 });
    pass(20_000);
    expect(meter.read()).toEqual({ perSecond: 0, p50: 0, p95: 0, p99: 0 });
  });

  it("accepts latencies that no clock should measure", () => {
    const { meter } = meterAt();
    for (const latency of [0, -1, 0.0001, 1e12]) meter.sent(1, latency);
    const { p50, p99 } = meter.read();
    expect(p50).toBe(0.001);
    expect(p99).toBeGreaterThan(1e11);
  });
});
