import { parseDuration } from "@streamll/core/internal";
import { describe, expect, it } from "vitest";

describe("a duration", () => {
  it.each<[number | string, number]>([
    ["100ms", 100],
    ["5s", 5000],
    ["5 s", 5000],
    [" 5s ", 5000],
    ["10m", 600_000],
    ["10min", 600_000],
    ["1.5h", 5_400_000],
    ["7d", 604_800_000],
    ["0s", 0],
    ["0.07s", 70],
    [5, 5000],
    [0.07, 70],
    [0, 0],
  ])("%j is %d ms", (given, ms) => expect(parseDuration(given)).toBe(ms));

  it("without a unit is in the one that is asked for", () => {
    expect(parseDuration(250, { unit: "ms" })).toBe(250);
    expect(parseDuration(2, { unit: "h" })).toBe(7_200_000);
    expect(parseDuration("2s", { unit: "h" })).toBe(2000);
  });

  it.each<[unknown, string]>([
    ["5", '"5"'],
    ["", '""'],
    ["soon", '"soon"'],
    ["-5s", '"-5s"'],
    ["1e3s", '"1e3s"'],
    [".5s", '".5s"'],
    ["5S", '"5S"'],
    ["5 minutes", '"5 minutes"'],
    ["5s 3ms", '"5s 3ms"'],
    ["toString", '"toString"'],
    ["1constructor", '"1constructor"'],
    [`${"9".repeat(400)}s`, '"9999'],
    [-1, "-1"],
    [Number.NaN, "NaN"],
    [Number.POSITIVE_INFINITY, "Infinity"],
    [1e300, "1e+300"],
    [null, "null"],
    [undefined, "undefined"],
    [10n, "10"],
    [{}, "an object"],
    [Object.create(null), "an object"],
    [Symbol("s"), "a symbol"],
  ])("%o is none, and what to write is said", (given, shown) => {
    const read = () => parseDuration(given as never);
    expect(read).toThrow(RangeError);
    expect(read).toThrow(`${shown}`);
    expect(read).toThrow(
      /is no duration; write a number in s, 0 or more, or a string such as "100ms", "5s", "10m" or "1h"$/,
    );
  });
});
