import { emit } from "@streamll/core";
import { MemoryBroker } from "@streamll/transport-memory";
import fastify from "fastify";
import { expect, it } from "vitest";
import { answer } from "../src/answer.js";
import { streamll } from "../src/streamll-plugin.js";

it("the Fastify plugin gives the sink to routes, and delivers also what other plugins emit while they close", async () => {
  const broker = MemoryBroker.named("fastify-plugin");
  const app = fastify();
  app.register(streamll, { amqpUrl: "memory:fastify-plugin" });
  app.register(async (scope) => {
    scope.get("/answer", async () => ({ answer: await answer("Who digs?") }));
    scope.get("/health", async () => scope.streamll.health());
    scope.addHook("onClose", async () => void emit("closed"));
  });
  expect((await app.inject("/answer")).json()).toEqual({ answer: "Who digs? Rabbits dig warrens." });
  expect((await app.inject("/health")).json()).toMatchObject({ status: "up", problems: [] });
  await app.close();
  expect(app.streamll.health().status).toBe("stopped");
  expect(broker.depth("streamll_events")).toBe(5);
});

it("the Fastify plugin refuses options that are none before the application listens", async () => {
  const app = fastify();
  app.register(streamll, { amqpUrl: "memory:", exchanje: "x" } as object);
  await expect(app.ready()).rejects.toThrow(
    "exchanje: is not an option of RabbitMQSink; did you mean exchange?",
  );
});
