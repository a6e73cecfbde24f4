import { DeadLetter, EventConsumer, formatExplanation } from "@streamll/consumer";
import { type Logger, silentLogger } from "@streamll/core";
import { MemoryBroker } from "@streamll/transport-memory";
import { describe, expect, it } from "vitest";
import { scene } from "./scene.js";

describe("a consumer", () => {
  it("declares its queue and hands each event of its bindings to the handler of its type", async () => {
    const { broker, sink, consumer } = scene();
    const heard: string[] = [];
    const rag = consumer({
      bindings: ["rag.*"],
      handlers: {
        error: ({ data }, { attempt, headers }) =>
          heard.push(`${data.text} ${attempt} ${headers.event_type}`),
        "*": ({ eventType }) => heard.push(eventType),
      },
    });
    await rag.start();
    await sink.publish({ eventType: "error", moduleName: "rag", data: { text: "why" } });
    await sink.publish({ eventType: "end", moduleName: "rag" });
    await sink.publish({ eventType: "end", moduleName: "other" });
    await expect.poll(() => heard).toEqual(["why 1 error", "end"]);
    expect(await rag.stop()).toMatchObject({ handled: 2 });
    expect(broker.depth("team")).toBe(0);
    await sink.stop();
  });

  it("lets be done what has no handler, counts it, and says so once a type", async () => {
    const { sink, consumer, settled } = scene();
    const lines: unknown[] = [];
    const logger: Logger = { ...silentLogger, warn: (fields) => lines.push(fields.about) };
    const errors = consumer({ handlers: { error: () => {} }, logger });
    await errors.start();
    for (const eventType of ["token", "token", "end"]) await sink.publish({ eventType });
    await settled(errors);
    await expect.poll(() => errors.stats().events_unhandled).toBe(3);
    expect(lines).toEqual(["handlers token", "handlers end"]);
    await errors.stop();
    await sink.stop();
  });

  it("gives up to the queue of dead letters what fails too often, and what is no event", async () => {
    const { broker, sink, consumer } = scene();
    const failing = consumer({
      deadLetterExchange: "failed",
      handle: ({ operation }) => {
        if (operation === "bad") throw new DeadLetter("BAD", "it is bad");
        throw new Error("never");
      },
    });
    const reasons: string[] = [];
    failing.on("deadLettered", ({ reason }) => reasons.push(reason));
    await failing.start();
    await sink.publish({ eventType: "end", operation: "bad" });
    await sink.publish({ eventType: "end", operation: "worse" });
    broker.publish({ exchange: "events", routingKey: "x", body: "no event" });
    await expect.poll(() => broker.depth("failed.failed")).toBe(3);
    expect(reasons.toSorted()).toEqual(["BAD", "INVALID_EVENT", "RETRIES_EXHAUSTED"]);
    await failing.stop();
    await sink.stop();
  });

  it("goes on trying where the queue has no place for dead letters, rather than lose an event", async () => {
    const { broker, sink, consumer } = scene();
    let tries = 0;
    const failing = consumer({
      handle: () => {
        tries++;
        throw new Error("never");
      },
      retry: { attempts: 2, backoffMs: 1, maxBackoffMs: 1 },
    });
    await failing.start();
    await sink.publish({ eventType: "end" });
    await expect.poll(() => tries, { timeout: 10_000 }).toBeGreaterThan(2);
    expect(failing.health().problems).toContainEqual({
      code: "RETRIES_EXHAUSTED",
      message: expect.stringContaining("set deadLetterExchange"),
    });
    expect(await failing.stop()).toMatchObject({ deadLettered: 0, givenBack: 1 });
    expect(broker.depth("team")).toBe(1);
    await sink.stop();
  });

  it("hands over what is no event where that is asked for", async () => {
    const { broker, consumer, settled } = scene();
    const foreign: string[] = [];
    const any = consumer({ handle: () => {}, onForeign: ({ body }) => foreign.push(body.toString()) });
    await any.start();
    broker.publish({ exchange: "events", routingKey: "x", body: "no event" });
    await expect.poll(() => foreign).toEqual(["no event"]);
    await settled(any);
    await any.stop();
  });

  it("consumes by URL, of a queue that is there, and stops at the end of its scope", async () => {
    const broker = MemoryBroker.named("consumed");
    broker.declareQueue("q");
    broker.publish({ routingKey: "q", body: '{"event_type":"end"}' });
    const heard: string[] = [];
    {
      await using consumer = new EventConsumer({
        url: "memory:consumed",
        queue: "q",
        handle: ({ eventType }) => heard.push(eventType),
        logger: silentLogger,
      });
      await consumer.start();
      await expect.poll(() => heard).toEqual(["end"]);
    }
    broker.publish({ routingKey: "q", body: '{"event_type":"end"}' });
    await new Promise((resolve) => setTimeout(resolve, 10));
    expect([heard, broker.depth("q")]).toEqual([["end"], 1]);
  });

  it("does not start where there is no such queue", async () => {
    const { consumer } = scene();
    const lost = consumer({ exchange: undefined, queue: "nowhere", handle: () => {} });
    await expect(lost.start()).rejects.toMatchObject({ code: "TRANSPORT_NOT_FOUND" });
  });

  it("takes its options from the environment, below those that the program gives", async () => {
    const env = { RABBITMQ_URL: "memory:environment", RABBITMQ_QUEUE: "q", RABBITMQ_PREFETCH: "0" };
    expect(() => EventConsumer.fromEnv({ handle: () => {} }, env)).toThrow("RABBITMQ_PREFETCH");
    MemoryBroker.named("environment").declareQueue("q");
    const consumer = EventConsumer.fromEnv({ handle: () => {} }, { ...env, RABBITMQ_PREFETCH: "5" });
    await consumer.start();
    expect(consumer.health()).toMatchObject({ status: "up" });
    await consumer.stop();
  });

  it("tells listeners of a problem and of its end, as health() does, and how many events wait", async () => {
    const { broker, consumer, put } = scene();
    await put(1, 2, 3);
    const told: string[] = [];
    const held = consumer({ prefetch: 1, handle: () => new Promise(() => {}), drainTimeout: "50ms" });
    held.on("problem", ({ code }) => told.push(`problem ${code}`));
    held.on("solved", ({ code }) => told.push(`solved ${code}`));
    expect(await held.lag()).toBeUndefined();
    await held.start();
    await expect.poll(() => held.lag()).toBe(2);
    broker.faults.refuseConnections();
    broker.faults.disconnect();
    await expect.poll(() => told, { timeout: 10_000 }).toEqual(["problem TRANSPORT_UNREACHABLE"]);
    expect(held.health().problems).toMatchObject([{ code: "TRANSPORT_UNREACHABLE" }]);
    broker.faults.heal();
    await expect.poll(() => told.at(-1), { timeout: 20_000 }).toBe("solved TRANSPORT_UNREACHABLE");
    await held.stop();
  }, 40_000);

  it("explains its options with where each comes from, and no password", () => {
    const explanation = EventConsumer.fromEnv(
      { queue: "q", exchange: "x", handle: () => {} },
      { RABBITMQ_URL: "amqp://user:secret@broker.example/", RABBITMQ_PREFETCH: "7" },
    ).explain();
    expect(explanation).toMatchObject({
      transport: "amqp091",
      endpoints: ["amqp://user:***@broker.example:5672/"],
      options: {
        prefetch: { value: 7, from: "environment", variable: "RABBITMQ_PREFETCH" },
        batch: { value: { size: 100, wait: 100 }, from: "default" },
        handle: { value: "a function", from: "option" },
      },
      topology: { mode: "declare", bindings: [{ exchange: "x", queue: "q", pattern: "#" }] },
    });
    const text = formatExplanation(explanation);
    expect(text).toContain('binding x -> q "#"');
    expect(text + JSON.stringify(explanation)).not.toContain("secret");
  });
});
