import { describe, expect, it } from "vitest";
import { admit, afterFailure, type Decision, type Failure, type Tried } from "../../src/consuming/decide.js";

const tried: Tried = {
  attempt: 1,
  attempts: 3,
  retryBackoffMs: 100,
  maxRetryBackoffMs: 10_000,
  hasDeadLetters: true,
  hasDelays: true,
  isLog: false,
  isStopping: false,
  random: () => 1,
};
const threw: Failure = { kind: "threw" };
const timeout: Failure = { kind: "timeout" };
const later: Failure = { kind: "later", delayMs: 5000 };
const muchLater: Failure = { kind: "later", delayMs: 3_600_000 };
const dead: Failure = { kind: "dead", code: "NO_AMOUNT", why: "the event has no amount" };
const exhausted = (how: string): Decision => ({
  kind: "dead",
  reason: "RETRIES_EXHAUSTED",
  description: `3 tries failed, the last one ${how}`,
});

describe("after a try that failed, the engine", () => {
  it.each<[string, Failure, Partial<Tried>, Decision]>([
    ["tries again after the backoff", threw, {}, { kind: "retry", delayMs: 100 }],
    ["doubles the backoff with each try", threw, { attempt: 2 }, { kind: "retry", delayMs: 200 }],
    ["bounds the backoff", threw, { attempt: 2, maxRetryBackoffMs: 150 }, { kind: "retry", delayMs: 150 }],
    ["jitters the backoff", threw, { random: () => 0 }, { kind: "retry", delayMs: 0 }],
    ["tries again what took too long", timeout, {}, { kind: "retry", delayMs: 100 }],
    ["gives up after the last try", threw, { attempt: 3 }, exhausted("by an error of the handler")],
    ["gives up what took too long too often", timeout, { attempt: 3 }, exhausted("by handlerTimeout")],
    ["waits in place as long as the handler says", later, {}, { kind: "retry", delayMs: 5000 }],
    [
      "counts a try that asked for a later one",
      later,
      { attempt: 3 },
      exhausted("by an error of the handler"),
    ],
    ["leaves a long wait to the broker", muchLater, {}, { kind: "again", failed: true, delayMs: 3_600_000 }],
    [
      "waits long in place where the broker cannot",
      muchLater,
      { hasDelays: false },
      { kind: "retry", delayMs: 3_600_000 },
    ],
    [
      "gives up at once what the handler gave up",
      dead,
      {},
      { kind: "dead", reason: "NO_AMOUNT", description: "the event has no amount" },
    ],
    [
      "goes on trying where there are no dead letters",
      threw,
      { attempt: 3, hasDeadLetters: false },
      { kind: "retry", delayMs: 10_000 },
    ],
    [
      "tries for ever no more often than once a second",
      threw,
      { attempt: 3, hasDeadLetters: false, maxRetryBackoffMs: 1 },
      { kind: "retry", delayMs: 1000 },
    ],
    [
      "tries for ever no more often than that, whatever the handler says",
      { kind: "later", delayMs: 1 },
      { attempt: 3, hasDeadLetters: false },
      { kind: "retry", delayMs: 1000 },
    ],
    [
      "waits for a dedup store, however many tries there were",
      { kind: "unready" },
      { attempt: 3 },
      { kind: "retry", delayMs: 10_000 },
    ],
    [
      "waits no longer than a timer can",
      { kind: "later", delayMs: 2 ** 40 },
      { hasDelays: false },
      { kind: "retry", delayMs: 2 ** 31 - 1 },
    ],
    [
      "goes on trying what was given up where there are no dead letters",
      dead,
      { hasDeadLetters: false },
      { kind: "retry", delayMs: 100 },
    ],
    ["gives back what fails while it stops", threw, { isStopping: true }, { kind: "again", failed: true }],
    [
      "buries also while it stops",
      dead,
      { isStopping: true },
      { kind: "dead", reason: "NO_AMOUNT", description: "the event has no amount" },
    ],
    [
      "gives back untried what was interrupted",
      { kind: "interrupted" },
      { isStopping: true, attempt: 3 },
      { kind: "again", failed: false },
    ],
  ])("%s", (_what, failure, state, decision) => {
    expect(afterFailure(failure, { ...tried, ...state })).toEqual(decision);
  });
});

describe("a delivery", () => {
  const limits = { maxDeliveries: 3, hasDeadLetters: true };
  it.each<[string, Parameters<typeof admit>[0], Partial<typeof limits>, unknown]>([
    ["is handled the first time", { redelivered: false }, {}, "handle"],
    ["is handled alone when it comes again uncounted", { redelivered: true }, {}, "alone"],
    ["is handled when it comes again counted", { redelivered: true, earlier: 2 }, {}, "handle"],
    [
      "is parked before it is handled once it came too often",
      { redelivered: true, earlier: 3 },
      {},
      expect.objectContaining({ kind: "dead", reason: "MAX_DELIVERIES" }),
    ],
    [
      "is never parked with maxDeliveries 0",
      { redelivered: true, earlier: 9 },
      { maxDeliveries: 0 },
      "handle",
    ],
    [
      "is never parked where there are no dead letters",
      { redelivered: true, earlier: 9 },
      { hasDeadLetters: false },
      "handle",
    ],
  ])("%s", (_what, delivery, change, admission) => {
    expect(admit(delivery, { ...limits, ...change })).toEqual(admission);
  });
});
