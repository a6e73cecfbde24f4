import { expect, test } from "vitest";
import { pack } from "../../src/wire/pack.js";

test("each text keeps its own bytes, over many blocks", () => {
  const texts = Array.from({ length: 2000 }, (_, index) => `${index} é 😀 \ud800`.repeat(1 + (index % 40)));
  const packed = texts.map(pack);
  expect(packed.every((bytes, index) => bytes.equals(Buffer.from(texts[index]!)))).toBe(true);
});

test("short texts share memory, a long one has its own", () => {
  const [first, second, long] = [pack("first"), pack("second"), pack("x".repeat(10_000))];
  expect(second.buffer).toBe(first.buffer);
  expect(long.buffer).not.toBe(first.buffer);
  expect(pack("")).toHaveLength(0);
});
