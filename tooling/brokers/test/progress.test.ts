import { afterEach, expect, it, vi } from "vitest";
import { progress } from "../src/progress.js";
import { run } from "../src/run.js";

afterEach(() => {
  vi.useRealTimers();
});

it("a command that takes long shows a line of it every five seconds", () => {
  vi.useFakeTimers({ toFake: ["performance"] });
  const shown: string[] = [];
  const step = progress("trixie", (text) => shown.push(text));
  for (let second = 1; second <= 11; second++) {
    vi.advanceTimersByTime(1000);
    step(`I: Retrieving package-${second}`);
  }
  expect(shown).toEqual([
    "brokers: trixie, step 5: Retrieving package-5",
    "brokers: trixie, step 10: Retrieving package-10",
  ]);
});

it("a command tells its lines while it runs, and all of them at its end", async () => {
  const lines: string[] = [];
  await run(["sh", "-c", "echo one; echo two"], {}, (line) => lines.push(line));
  expect(lines).toEqual(["one", "two"]);
});
