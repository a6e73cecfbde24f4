import { unreadable } from "@streamll/brokers";
import { expect, it } from "vitest";
import { restart } from "../src/restart.js";

const size = { processes: 2, sinks: 10, perSecond: 200, downSeconds: 2 };

/** The pauses of the product would take the most of a minute. */
const sinkOptions = {
  retryBackoffMs: 100,
  maxRetryBackoffMs: 2000,
  circuitBreaker: { failureThreshold: 5, cooldown: 1 },
};

it("sinks of several processes deliver all events over a restart of the broker", async (test) => {
  test.skip(unreadable() !== undefined, unreadable());
  const { account, returned, peakPerSecond } = await restart(size, { jitter: true, sinkOptions });
  expect(account).toMatchObject({ lost: 0, foreign: 0 });
  expect(account.accepted).toBeGreaterThan(1000);
  expect(returned).toBe(20);
  expect(peakPerSecond).toBeLessThanOrEqual(20);
});
