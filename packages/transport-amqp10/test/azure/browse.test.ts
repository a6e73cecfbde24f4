import { startFakeServiceBus } from "@streamll/fake-service-bus";
import { describe, expect, it, vi } from "vitest";
import { endOf } from "../../src/azure/browse.js";
import { fill, subscribe, WAIT } from "./support/consuming.js";

describe("looking into a queue from its end", () => {
  it("shows what comes, and nothing that was there", async () => {
    await using bus = await startFakeServiceBus({ entities: ["events"] });
    await fill(bus, "events", ["a", "b", "c", "d", "e"]);
    await using looking = await subscribe(bus, { browse: "next" });
    await fill(bus, "events", ["f", "g"]);
    await vi.waitUntil(() => looking.got.length === 2, WAIT);
    expect(looking.bodies()).toEqual(["f", "g"]);
  });

  it.each([
    ["an empty queue", 0, 0],
    ["a single message", 1, 1],
    ["the rest of a queue that was read for long", 4_000_000, 4_000_100],
    ["millions of messages", 1, 5_000_000],
    ["a partition, whose number stands in the upper 16 bits", 15 * 2 ** 48, 15 * 2 ** 48 + 3],
  ])("finds the end of %s in few requests", async (_, first, last) => {
    let requests = 0;
    const end = await endOf(async (from) => {
      requests++;
      return from > last ? undefined : Math.max(from, first);
    });
    expect(end).toBe(last === 0 ? 1 : last + 1);
    expect(requests).toBeLessThan(2 * Math.log2(last + 2) + 5);
  });
});
