import { BrokerSink } from "@streamll/sink";
import { expect, it } from "vitest";
import { redisTransport } from "../src/redis-transport.js";

it.each([
  ["the name of a database", { url: "redis-streams://localhost/events" }, /url: .*the number of a database/],
  ["an empty stream", { exchange: "" }, /exchange: must name the stream/],
  ["a stream of no entries", { maxLength: 0 }, /maxLength: must be a whole number from 1/],
  ["what Redis decides itself", { durable: true }, /durable: .*appendonly/],
  ["a dead-letter exchange", { deadLetterExchange: "failed" }, /deadLetterExchange/],
])("the sink refuses %s when it is constructed", (_what, options, message) => {
  const make = () =>
    new BrokerSink({ url: "redis-streams://localhost/", transports: [redisTransport], ...options });
  expect(make).toThrow(message);
});
