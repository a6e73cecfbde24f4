import { randomId } from "@streamll/core/internal";
import { expect, it } from "vitest";

it("gives ids of 12 URL-safe characters, each once, that use the whole alphabet", () => {
  const ids = Array.from({ length: 50_000 }, randomId);
  expect(new Set(ids).size).toBe(ids.length);
  const text = ids.join("");
  expect(text).toHaveLength(12 * ids.length);
  expect(text).toMatch(/^[A-Za-z0-9_-]+$/);
  expect(new Set(text).size).toBe(64);
  // Each character at each place: 50,000 draws of 64 are some 781 each, with a deviation of 28.
  for (let place = 0; place < 12; place++) {
    const counts = new Map<string, number>();
    for (const id of ids) counts.set(id[place]!, (counts.get(id[place]!) ?? 0) + 1);
    expect(Math.min(...counts.values())).toBeGreaterThan(550);
    expect(Math.max(...counts.values())).toBeLessThan(1010);
  }
});
