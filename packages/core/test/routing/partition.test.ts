import fc from "fast-check";
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
    expect(murmur3(key)).toBe(hash);
    expect(partitionOf(key, 3)).toBe(ofThree);
    expect(partitionOf(key, 5)).toBe(ofFive);
    expect(partitionOf(key, 1)).toBe(0);
  });
});

/** As published, over bytes. */
function reference(text: string): number {
  const bytes = Buffer.from(text);
  const rotl = (x: number, r: number) => (x << r) | (x >>> (32 - r));
  const scrambled = (k: number) => Math.imul(rotl(Math.imul(k, 0xcc9e2d51), 15), 0x1b873593);
  let h = 104_729;
  let at = 0;
  for (; at + 4 <= bytes.length; at += 4) {
    h ^= scrambled(bytes.readInt32LE(at));
    h = (Math.imul(rotl(h, 13), 5) + 0xe6546b64) | 0;
  }
  let k = 0;
  for (let i = bytes.length - 1; i >= at; i--) k = (k << 8) | bytes[i]!;
  h ^= scrambled(k);
  h ^= bytes.length;
  for (const [shift, factor] of [
    [16, 0x85ebca6b],
    [13, 0xc2b2ae35],
  ] as const)
    h = Math.imul(h ^ (h >>> shift), factor);
  return (h ^ (h >>> 16)) >>> 0;
}

it("the hash of any text is that of its UTF-8", () => {
  const text = fc.oneof(fc.string({ unit: "grapheme-ascii" }), fc.string({ unit: "binary" }));
  fc.assert(fc.property(text, (key) => murmur3(key) === reference(key)));
});
