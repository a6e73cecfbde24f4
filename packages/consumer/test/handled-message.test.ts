import type { Delivery } from "@streamll/core";
import { expect, it } from "vitest";
import { HandledMessage } from "../src/handled-message.js";

/** As a transport makes it that decodes what is asked for: nothing of it is its own property. */
class LazyDelivery {
  static readonly whole: Required<Delivery> = {
    body: Buffer.from("{}"),
    exchange: "x",
    routingKey: "a.b",
    messageId: "m",
    correlationId: "c",
    type: "end",
    timestamp: 1,
    headers: { n: 1 },
    contentType: "application/json",
    contentEncoding: "gzip",
    appId: "app",
    userId: "guest",
    replyTo: "r",
    priority: 1,
    expiration: "1000",
    persistent: true,
    redelivered: true,
    earlier: 2,
    orderingKey: "o",
    packed: { body: Buffer.from("packed"), headers: {}, redelivered: false },
    lockedUntil: 1_755_770_400_000,
    partition: "p",
    offset: 7,
  };
  readonly #whole = LazyDelivery.whole;
  static {
    for (const name of Object.keys(LazyDelivery.whole) as (keyof Delivery)[])
      Object.defineProperty(LazyDelivery.prototype, name, {
        get(this: LazyDelivery) {
          return this.#whole[name];
        },
      });
  }
}

it("a handler sees every property of a message, also of one whose transport decodes it late", () => {
  const { signal } = new AbortController();
  const message = new HandledMessage(new LazyDelivery() as unknown as Delivery, {
    signal,
    isOver: false,
    attempt: 3,
    isAlone: false,
    hold() {},
    begin() {},
  });
  expect([message.signal, message.attempt]).toEqual([signal, 3]);
  const seen = Object.keys(LazyDelivery.whole).map((name) => [name, message[name as keyof Delivery]]);
  expect(Object.fromEntries(seen)).toEqual(LazyDelivery.whole);
});
