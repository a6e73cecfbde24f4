import type { Consuming, Delivery, SettlementOutcome, SubscribeRequest, Verdict } from "@streamll/core";
import { expect, it } from "vitest";
import { unpacking } from "../src/unpacking/unpacking.js";

const done: Verdict = { kind: "done" };
const again: Verdict = { kind: "again", failed: false };

/** One subscription through {@link unpacking}, and what its transport was told. */
async function scene(message: Partial<Delivery>) {
  const settled: Verdict[] = [];
  const renewed: Delivery[] = [];
  const stored: unknown[] = [];
  const lost: Delivery[] = [];
  const events: Delivery[] = [];
  let inner: SubscribeRequest | undefined;
  const consuming: Consuming = {
    deadLetters: "bare",
    delays: false,
    peek: "free",
    async subscribe(_endpoint, request) {
      inner = request;
      return {
        settle(_delivery, verdict, told) {
          settled.push(verdict);
          told("settled");
        },
        renew: async (delivery) => void renewed.push(delivery),
        storeOffset: (...given) => void stored.push(given),
        stop: async () => {},
        close: async () => {},
        closed: new Promise(() => {}),
      };
    },
  };
  const request: SubscribeRequest = {
    source: "queue",
    window: 10,
    receive: (deliveries) => void events.push(...deliveries),
    lost: (deliveries) => void lost.push(...deliveries),
  };
  const endpoint = { scheme: "fake", host: "", path: "", query: {}, label: "fake" };
  const subscription = await unpacking(consuming).subscribe(endpoint, request, new AbortController().signal);
  const whole: Delivery = {
    body: Buffer.from('[{"event_type":"a"},{"event_type":"b"}]'),
    contentType: "application/json",
    headers: {},
    redelivered: false,
    ...message,
  };
  inner!.receive([whole]);
  const told: SettlementOutcome[] = [];
  const settle = (index: number, verdict: Verdict) =>
    subscription.settle(events[index]!, verdict, (outcome) => void told.push(outcome));
  return { subscription, inner: inner!, whole, events, settle, settled, renewed, stored, lost, told };
}

it("an event that is done counts as lost where its message comes again", async () => {
  const { settle, settled, told } = await scene({ offset: 7, partition: "p" });
  settle(0, done);
  expect(told).toEqual([]);
  settle(1, again);
  expect(settled).toEqual([again]);
  expect(told).toEqual(["lost", "settled"]);
});

it("the events of a message have its offset and its lock, and renew and store through its subscription", async () => {
  const lock = { until: 5 };
  const { subscription, whole, events, renewed, stored } = await scene({
    offset: 7,
    partition: "p",
    get lockedUntil() {
      return lock.until;
    },
  });
  Object.defineProperty(whole, "lockedUntil", { get: () => lock.until });
  lock.until = 9;
  expect(events.map(({ offset, partition, lockedUntil }) => ({ offset, partition, lockedUntil }))).toEqual(
    Array(2).fill({ offset: 7, partition: "p", lockedUntil: 9 }),
  );
  await subscription.renew!(events[1]!);
  expect(renewed).toEqual([whole]);
  subscription.storeOffset!("p", 7);
  expect(stored).toEqual([["p", 7]]);
});

it("the events of a message that the broker takes back are lost, and settle nothing", async () => {
  const { inner, whole, events, settle, lost, told } = await scene({});
  settle(0, done);
  inner.lost!([whole]);
  expect(lost).toEqual([events[1]]);
  expect(told).toEqual(["lost"]);
});

it("the events of a message that comes again are told of one by one", async () => {
  const { settle, told, settled } = await scene({ redelivered: true });
  settle(0, done);
  expect(told).toEqual(["written"]);
  settle(1, done);
  expect(told).toEqual(["written", "settled"]);
  expect(settled).toEqual([done]);
});
