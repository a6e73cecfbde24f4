import { randomUUID } from "node:crypto";
import { configure } from "@streamll/core";
import { MemoryBroker } from "@streamll/transport-memory";
import { expect, it } from "vitest";
import { answer, developmentSink } from "../src/development.js";

it("the options are those of the guide's recipe, and no other", () => {
  const { options } = developmentSink("amqp://localhost:5672/").explain();
  const set = Object.entries(options).filter(([, { from }]) => from === "option");
  expect(Object.fromEntries(set.map(([name, { value }]) => [name, value]))).toEqual({
    amqpUrl: ["amqp://localhost:5672/"],
    publisherConfirms: false,
    durable: false,
    batchSize: 100,
    messageTtl: "300s",
  });
});

it("the program's calls are in the in-process broker's queue, one below the other", async () => {
  const name = randomUUID();
  const streamll = configure({ sinks: [developmentSink(`memory:${name}`)] });
  expect(await answer("What is AMQP?")).toBe("A protocol that brokers and their clients speak.");
  await streamll.stop();
  const messages = MemoryBroker.named(name).consume("streamll_events");
  expect(messages.map(({ routingKey }) => routingKey)).toEqual(
    ["start.answer", "start.retrieve", "end.retrieve", "start.generate", "end.generate", "end.answer"].map(
      (call) => `streamll.${call}`,
    ),
  );
  expect(new Set(messages.map(({ deliveryMode }) => deliveryMode))).toEqual(new Set([1]));
});
