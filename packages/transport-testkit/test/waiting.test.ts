import { expect, it, vi } from "vitest";
import { until, within } from "../src/waiting.js";

const turns = async (count: number) => {
  for (let i = 0; i < count; i++) await new Promise((resolve) => setImmediate(resolve));
};

function standStill(ms: number): void {
  const end = performance.now() + ms;
  while (performance.now() < end);
}

it("a test whose event loop stands still does not take the transport for slow", async () => {
  const answer = turns(20).then(() => "answer");
  setImmediate(() => standStill(200));
  expect(await within(50, answer, () => new Error("late"))).toBe("answer");
  let answered = false;
  void turns(20).then(() => {
    answered = true;
  });
  setImmediate(() => standStill(200));
  expect(await until(50, () => answered)).toBe(true);
});

it("what came in time is not given up afterwards", async () => {
  const late = vi.fn(() => new Error("late"));
  expect(await within(5000, Promise.resolve("answer"), late)).toBe("answer");
  await expect(within(5000, Promise.reject(new Error("no")), late)).rejects.toThrow("no");
  await turns(20);
  await new Promise((resolve) => setTimeout(resolve, 30));
  expect(late).not.toHaveBeenCalled();
});

it("what does not come is waited for no longer than was said", async () => {
  const began = performance.now();
  await expect(within(30, new Promise(() => {}), () => new Error("late"))).rejects.toThrow("late");
  expect(await until(30, () => false)).toBe(false);
  expect(performance.now() - began).toBeGreaterThanOrEqual(59);
});
