import { expect, it } from "vitest";
import { freePorts } from "../src/ports.js";

it("no port is drawn twice by brokers that start side by side", async () => {
  // Enough of them to meet, were they drawn apart: 600 of 12,000.
  const draws = await Promise.all(Array.from({ length: 100 }, freePorts));
  expect(new Set(draws.flatMap(Object.values)).size).toBe(600);
});
