import type { Consuming, Delivery, Endpoint, SubscribeRequest, Subscription } from "@streamll/core";
import { expect, it } from "vitest";
import { unpacking } from "../src/unpacking/unpacking.js";

const endpoint: Endpoint = { scheme: "x", host: "", path: "", query: {}, label: "x" };

const messageOf = (body: string) => ({
  body: Buffer.from(body),
  headers: {},
  redelivered: false,
  lockedUntil: 1,
});

it("the events of a batch are locked with their message, renewed with it, and lost with it", async () => {
  const renewed: Delivery[] = [];
  let request!: SubscribeRequest;
  const subscription: Subscription = {
    settle: (_delivery, _verdict, told) => told("settled"),
    async renew(delivery) {
      renewed.push(delivery);
      (delivery as { lockedUntil: number }).lockedUntil = 2;
    },
    stop: async () => {},
    close: async () => {},
    closed: new Promise(() => {}),
  };
  const consuming: Consuming = {
    ...{ deadLetters: false, delays: false, peek: false },
    async subscribe(_endpoint, given) {
      request = given;
      return subscription;
    },
  };
  const received: Delivery[] = [];
  const lost: Delivery[] = [];
  const unpacked = await unpacking(consuming).subscribe(
    endpoint,
    {
      ...{ source: "q", window: 10 },
      receive: (deliveries) => received.push(...deliveries),
      lost: (deliveries) => lost.push(...deliveries),
    },
    new AbortController().signal,
  );
  const batch = messageOf('[{"event_type":"start"},{"event_type":"end"}]');
  const single = messageOf('{"event_type":"end"}');
  request.receive([batch, single]);
  expect(received.map(({ lockedUntil }) => lockedUntil)).toEqual([1, 1, 1]);
  await Promise.all(received.map((delivery) => unpacked.renew!(delivery)));
  expect(renewed).toEqual([batch, single]);
  expect(received.map(({ lockedUntil }) => lockedUntil)).toEqual([2, 2, 2]);
  request.lost!([batch, single]);
  expect(lost).toEqual(received);
});
