import type { Consuming, Delivery, Subscription, Transport } from "@streamll/core";
import { TransportError } from "@streamll/core";
import { checkConsuming, testConsuming } from "@streamll/transport-testkit";
import { describe, expect, it } from "vitest";
import { consumerUnderTest } from "./support/consumer.js";

testConsuming(consumerUnderTest());
testConsuming({ ...consumerUnderTest({ "x-queue-type": "quorum" }), name: "memory, quorum" });

type Wrong = (right: Subscription) => Partial<Subscription>;

const onConsuming =
  (change: (right: Consuming) => Partial<Consuming>) =>
  (right: Transport): Transport => ({
    ...right,
    consuming: { ...right.consuming!, ...change(right.consuming!) },
  });

const onSubscription = (wrong: Wrong) =>
  onConsuming(({ subscribe }) => ({
    async subscribe(...args) {
      const right = await subscribe(...args);
      return { ...right, ...wrong(right) };
    },
  }));

const onDeliveries = (change: (deliveries: readonly Delivery[]) => readonly Delivery[]) =>
  onConsuming(({ subscribe }) => ({
    subscribe: (endpoint, request, signal) =>
      subscribe(endpoint, { ...request, receive: (all) => request.receive(change(all)) }, signal),
  }));

const wrong: Record<string, [rule: string, (right: Transport) => Transport]> = {
  "has no consuming": ["subscribes", ({ name, capabilities, connect }) => ({ name, capabilities, connect })],
  "rejects with any error": [
    "subscribe-rejects",
    onConsuming(({ subscribe }) => ({
      subscribe: (...args) => subscribe(...args).catch(() => Promise.reject(new Error("no"))),
    })),
  ],
  "knows no window": [
    "window",
    onConsuming(({ subscribe }) => ({
      subscribe: (endpoint, request, signal) => subscribe(endpoint, { ...request, window: 1000 }, signal),
    })),
  ],
  "uses half of the window": [
    "window",
    onConsuming(({ subscribe }) => ({
      subscribe: (endpoint, request, signal) =>
        subscribe(endpoint, { ...request, window: Math.ceil(request.window / 2) }, signal),
    })),
  ],
  "turns the order round": ["in-order", onDeliveries((deliveries) => deliveries.toReversed())],
  "hands over twice": ["in-order", onDeliveries((deliveries) => [...deliveries, ...deliveries])],
  "changes a header": [
    "intact",
    onDeliveries((deliveries) =>
      deliveries.map((one) => ({ ...one, headers: { ...one.headers, number: "1" } })),
    ),
  ],
  "tells nothing": [
    "told-once",
    onSubscription(({ settle }) => ({ settle: (a, b) => settle(a, b, () => {}) })),
  ],
  "tells twice": [
    "told-once",
    onSubscription(({ settle }) => ({
      settle: (a, b, told) =>
        settle(a, b, (outcome) => {
          told(outcome);
          told(outcome);
        }),
    })),
  ],
  "forgets to acknowledge": [
    "done-is-done",
    onSubscription(() => ({ settle: (_a, _b, told) => told("written") })),
  ],
  "tells written of what is stale": [
    "stale",
    onSubscription(({ settle }) => ({
      settle: (a, b, told) => settle(a, b, (outcome) => told(outcome === "lost" ? "written" : outcome)),
    })),
  ],
  "takes again for done": [
    "again",
    onSubscription(({ settle }) => ({
      settle: (a, b, told) => settle(a, b.kind === "again" ? { kind: "done" } : b, told),
    })),
  ],
  "does not say that it was delivered before": [
    "again",
    onDeliveries((deliveries) => {
      for (const delivery of deliveries) Object.assign(delivery, { redelivered: false });
      return deliveries;
    }),
  ],
  "takes dead for done": [
    "dead",
    onSubscription(({ settle }) => ({
      settle: (a, b, told) => settle(a, b.kind === "dead" ? { kind: "done" } : b, told),
    })),
  ],
  "goes on after stop": ["stop-stops", onSubscription(() => ({ stop: async () => {} }))],
  "does not notice a lost connection": [
    "void-returns",
    onSubscription(() => ({ closed: new Promise(() => {}) })),
  ],
  "calls a cancel a lost connection": [
    "cancel-told",
    onSubscription(({ closed }) => ({
      closed: closed.then((error) => error && new TransportError("unreachable", error.message)),
    })),
  ],
  "settles closed before the last told": [
    "subscription-closed-last",
    onSubscription(({ settle }) => ({
      settle: (a, b, told) => settle(a, b, (outcome) => setTimeout(told, 2, outcome)),
    })),
  ],
  "never ends close": ["subscription-close", onSubscription(() => ({ close: () => new Promise(() => {}) }))],
  "drops what is under way in close": [
    "told-once",
    onSubscription(({ close }) => ({ close: () => close(AbortSignal.abort()) })),
  ],
  "says that a look costs nothing and takes what it shows": [
    "peek-takes-nothing",
    onConsuming(({ subscribe }) => ({
      async subscribe(endpoint, request, signal) {
        const shown: Delivery[] = [];
        const receive = (deliveries: readonly Delivery[]) => {
          shown.push(...deliveries);
          request.receive(deliveries);
        };
        const right = await subscribe(endpoint, { ...request, receive }, signal);
        return {
          ...right,
          async close(closing) {
            for (const delivery of shown) right.settle(delivery, { kind: "done" }, () => {});
            await right.close(closing);
          },
        };
      },
    })),
  ],
};

describe.concurrent("a transport is caught, and the rule named, when it", { timeout: 60_000 }, () => {
  for (const [name, [rule, change]] of Object.entries(wrong)) {
    it(name, async () => {
      const results = await checkConsuming({ ...consumerUnderTest({}, change), timeoutMs: 150 });
      const failed = results.filter((result) => result.status === "failed");
      expect(failed.map((result) => result.rule)).toContain(rule);
    });
  }
});
