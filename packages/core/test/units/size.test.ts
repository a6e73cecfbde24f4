import { parseSize } from "@streamll/core/internal";
import { describe, expect, it } from "vitest";

describe("a size", () => {
  it.each<[number | string, number]>([
    ["500MB", 500_000_000],
    ["64MiB", 67_108_864],
    ["64 MiB", 67_108_864],
    ["1kB", 1000],
    ["1KB", 1000],
    ["1KiB", 1024],
    ["2GB", 2e9],
    ["2GiB", 2_147_483_648],
    ["1TB", 1e12],
    ["1TiB", 1_099_511_627_776],
    ["7B", 7],
    ["1.5KiB", 1536],
    ["0.3kB", 300],
    ["0B", 0],
    [1024, 1024],
    [0, 0],
  ])("%j is %d bytes", (given, bytes) => expect(parseSize(given)).toBe(bytes));

  it.each<[unknown, string]>([
    ["64", '"64"'],
    ["64Mb", '"64Mb"'],
    ["64mb", '"64mb"'],
    ["64M", '"64M"'],
    ["-1MB", '"-1MB"'],
    ["much", '"much"'],
    ["9999999TB", '"9999999TB"'],
    [1.5, "1.5"],
    [-1, "-1"],
    [Number.NaN, "NaN"],
    [Number.POSITIVE_INFINITY, "Infinity"],
    [2 ** 53, "9007199254740992"],
    [null, "null"],
    [{}, "an object"],
  ])("%o is none, and what to write is said", (given, shown) => {
    const read = () => parseSize(given as never);
    expect(read).toThrow(RangeError);
    expect(read).toThrow(
      `${shown} is no size; write a whole number of bytes, 0 or more, or a string such as`,
    );
  });
});
