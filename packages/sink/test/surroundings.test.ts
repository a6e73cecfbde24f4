import { AsyncLocalStorage } from "node:async_hooks";
import { expect, it } from "vitest";
import { keeper } from "./keeper.js";
import { onMemory } from "./on-memory.js";

it("callbacks of a sink see what was around it when it was made, and not the first request", async () => {
  const requests = new AsyncLocalStorage<string>();
  const seen: Record<string, unknown> = {};
  const see = (callback: string) => () => {
    seen[callback] = requests.getStore() ?? "none";
  };
  const { logger } = keeper();
  const { sink } = onMemory({
    onFailure: see("onFailure"),
    metricsCallback: see("metricsCallback"),
    metricsInterval: "10ms",
    batchTimeout: "5ms",
    maxEventBytes: "1KiB",
    logger: { ...logger, info: see("logger") },
  });
  sink.on("connected", see("connected")).on("failed", see("failed"));
  requests.run("the first request", () => {
    sink.handleEvent({ eventType: "one" });
    sink.handleEvent({ eventType: "large", data: { text: "x".repeat(2000) } });
  });
  await requests.run("another", () => sink.publish({ eventType: "two" }));
  await expect.poll(() => Object.keys(seen).length).toBe(5);
  await requests.run("the last", () => sink.stop());
  expect(seen).toEqual({
    connected: "none",
    failed: "none",
    logger: "none",
    metricsCallback: "none",
    onFailure: "none",
  });
});

it("a loop that waits for room of a stopped sink lets the rest of the program run", async () => {
  const { sink } = onMemory();
  await sink.start();
  await sink.stop();
  let rounds = 0;
  let isOver = false;
  setTimeout(() => {
    isOver = true;
  }, 20);
  while (!isOver && rounds < 1_000_000 && !sink.handleEvent({ eventType: "late" })) {
    rounds++;
    await sink.ready();
  }
  expect(isOver).toBe(true);
});
