import { createEvent, parseEvent } from "@streamll/core";
import { epochMsOf } from "@streamll/core/internal";
import { describe, expect, it } from "vitest";

const timestamp = (given: unknown) => parseEvent({ event_type: "end", timestamp: given }).timestamp;

describe("a timestamp", () => {
  it("may be a Date or epoch milliseconds", () => {
    const expected = "2025-08-21T10:00:00.123Z";
    expect(timestamp(new Date(expected))).toBe(expected);
    expect(timestamp(Date.parse(expected))).toBe(expected);
    expect(timestamp(Date.parse(expected) + 0.9)).toBe(expected);
    expect(timestamp(0)).toBe("1970-01-01T00:00:00.000Z");
  });

  it.each([
    "2025-08-21T10:00:00Z",
    "2025-08-21T10:00:00.123456+00:00",
    "2025-08-21T10:00:00.123456789-05:30",
    "2025-08-21t10:00:00.5z",
    "2024-02-29T23:59:59Z",
    "0001-01-01T00:00:00Z",
  ])("that is RFC 3339 is kept as it is: %s", (given) => {
    expect(timestamp(given)).toBe(given);
    expect(epochMsOf(given)).toBe(new Date(given.toUpperCase()).getTime());
  });

  it("with the space of Python's str(datetime) gets its T", () => {
    expect(timestamp("2025-08-21 10:00:00.123456+00:00")).toBe("2025-08-21T10:00:00.123456+00:00");
  });

  it.each([
    "",
    "now",
    "2025-08-21",
    "2025-08-21T10:00:00",
    "2025-08-21T10:00Z",
    "2025-8-21T10:00:00Z",
    "2025-13-01T10:00:00Z",
    "2025-02-29T10:00:00Z",
    "2025-04-31T10:00:00Z",
    "2025-01-00T10:00:00Z",
    "2025-08-21T24:00:00Z",
    "2025-08-21T10:60:00Z",
    "2025-08-21T10:00:00+24:00",
    "2025-08-21T10:00:00Z ",
    "+002025-08-21T10:00:00Z",
    Number.NaN,
    Number.POSITIVE_INFINITY,
    253_402_300_800_000,
    -62_167_219_200_001,
    new Date(Number.NaN),
    true,
    1n,
  ])("%o is none", (given) => expect(() => timestamp(given)).toThrow(/^timestamp: /));

  it("by default is now, also when others were read in between", () => {
    const before = Date.now();
    timestamp("2001-01-01T00:00:00Z");
    const now = epochMsOf(createEvent({ eventType: "end" }).timestamp);
    expect(now).toBeGreaterThanOrEqual(before);
    expect(now).toBeLessThanOrEqual(Date.now());
    expect(epochMsOf("2001-01-01T00:00:00Z")).toBe(Date.parse("2001-01-01T00:00:00Z"));
  });
});
