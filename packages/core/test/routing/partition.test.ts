import { describe, expect, it } from "vitest";
import { murmur3, partitionOf } from "../../src/routing/partition.js";

describe("the partition of a key", () => {
  it.each([
    ["invoice-1", 1338790866, 0, 1],
    ["x", 618006682, 1, 2],
    ["", 3329588566, 1, 1],
    ["naïve", 2026526917, 1, 2],
    ["benchmark-7", 4220454014, 2, 4],
  ])("of %j is what RabbitMQ's own clients choose", (key, hash, ofThree, ofFive) => {
    expect(murmur3(Buffer.from(key))).toBe(hash);
    expect(partitionOf(key, 3)).toBe(ofThree);
    expect(partitionOf(key, 5)).toBe(ofFive);
    expect(partitionOf(key, 1)).toBe(0);
  });
});
