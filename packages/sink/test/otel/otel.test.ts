import { deliveryErrorCodes, silentLogger } from "@streamll/core";
import { describe, expect, it, vi } from "vitest";
import type { RabbitMQSinkOptions } from "../../src/index.js";
import { placeAttributes } from "../../src/otel/place.js";
import { resolve } from "../../src/resolve.js";
import { onMemory } from "../on-memory.js";
import { problemsOf } from "../problems.js";
import { checkPlayed } from "./expected.js";
import { sdk2 } from "./on-2.js";
import { play } from "./scene.js";

const boom = (): never => {
  throw new Error("boom");
};

describe("a sink with a meter and a tracer of OpenTelemetry 2", () => {
  it("exports metrics and spans by the conventions for messaging", async () => {
    await using sdk = sdk2();
    checkPlayed(await play(sdk));
  });

  it("has a message that a lost connection left unanswered as an error", async () => {
    await using sdk = sdk2();
    const { sink, broker } = onMemory({
      meter: sdk.meterProvider,
      tracer: sdk.tracerProvider,
      retryBackoffMs: 1,
    });
    await sink.start();
    broker.faults.delayConfirms(60_000);
    const published = sink.publish({ eventType: "start" });
    await expect.poll(() => sink.stats().events_in_flight).toBe(1);
    broker.faults.disconnect();
    broker.faults.heal();
    expect(await published).toMatchObject({ confirmed: true });
    await sink.stop();
    const [first, second] = sdk.spans();
    expect(first).toMatchObject({
      status: { code: 2 },
      attributes: { "error.type": "TRANSPORT_UNREACHABLE" },
    });
    expect(second).toMatchObject({ status: { code: 0 } });
  });

  it("exports a problem as 1 while it lasts, and as 0 once it is over", async () => {
    await using sdk = sdk2();
    const { sink, broker } = onMemory({ meter: sdk.meterProvider, connectionPoolSize: 1 });
    const problem = async () => {
      await sdk.meterProvider.forceFlush();
      const metrics = sdk.metrics().flatMap((scope) => scope.metrics);
      return metrics.find(({ descriptor: { name } }) => name === "streamll.sink.problem")?.dataPoints[0];
    };
    await sink.start();
    expect(await problem()).toBeUndefined();
    broker.faults.block("memory alarm");
    await expect.poll(problem).toMatchObject({ value: 1, attributes: { "error.type": "TRANSPORT_BLOCKED" } });
    broker.faults.unblock();
    await expect.poll(problem).toMatchObject({ value: 0, attributes: { "error.type": "TRANSPORT_BLOCKED" } });
    await sink.stop();
  });

  it("exports losses from 0 on by each code, so that the first one is an increase", async () => {
    await using sdk = sdk2();
    const { sink } = onMemory({ meter: sdk.meterProvider });
    await sink.start();
    await sdk.meterProvider.forceFlush();
    const metrics = sdk.metrics().flatMap((scope) => scope.metrics);
    const exported = metrics.find(({ descriptor: { name } }) => name === "streamll.sink.event.exported");
    expect(exported?.dataPoints).toHaveLength(1 + deliveryErrorCodes.length);
    expect(exported?.dataPoints).toContainEqual(
      expect.objectContaining({
        value: 0,
        attributes: expect.objectContaining({ "error.type": "UNROUTABLE" }),
      }),
    );
    await sink.stop();
  });

  it("is let go by the provider once its last figures are collected", async () => {
    await using sdk = sdk2();
    const meter = sdk.meterProvider.getMeter("mine");
    const added = vi.spyOn(meter, "addBatchObservableCallback");
    const removed = vi.spyOn(meter, "removeBatchObservableCallback");
    const { sink } = onMemory({ meter });
    await sink.publish({ eventType: "start" });
    await sdk.meterProvider.forceFlush();
    await sink.stop();
    await new Promise(setImmediate);
    expect(removed).not.toHaveBeenCalled();
    await sdk.meterProvider.forceFlush();
    await new Promise(setImmediate);
    expect(removed.mock.calls).toEqual(added.mock.calls);
  });

  it("that throws when it is to let go ends no program", async () => {
    await using sdk = sdk2();
    const meter = sdk.meterProvider.getMeter("mine");
    vi.spyOn(meter, "removeBatchObservableCallback").mockImplementation(boom);
    const warn = vi.fn();
    const { sink } = onMemory({ meter, logger: { ...silentLogger, warn } });
    await sink.stop();
    await sdk.meterProvider.forceFlush();
    await vi.waitFor(
      () =>
        expect(warn.mock.calls).toEqual([
          [
            { line: "callback_failed", about: "OpenTelemetry" },
            "meter or tracer threw Error (reported once)",
          ],
        ]),
      { timeout: 20_000 },
    );
  });

  it("takes a meter and a tracer of the program's own scope", async () => {
    await using sdk = sdk2();
    const meter = sdk.meterProvider.getMeter("mine");
    const { sink } = onMemory({ meter, tracer: sdk.tracerProvider.getTracer("mine") });
    await sink.publish({ eventType: "start" });
    await sdk.meterProvider.forceFlush();
    await sink.stop();
    expect(sdk.metrics().map(({ scope }) => scope.name)).toEqual(["mine"]);
    expect(sdk.spans().map(({ instrumentationScope }) => instrumentationScope.name)).toEqual(["mine"]);
  });
});

describe("where the events go", () => {
  const key = "streamll.{event_type}.{operation}";

  it.each<[string, RabbitMQSinkOptions, object]>([
    [
      "RabbitMQ",
      {},
      { "messaging.system.name": "rabbitmq", "messaging.destination.template": `streamll_events:${key}` },
    ],
    [
      "a queue by the default exchange",
      { exchange: "", routingKey: "mine", queue: false },
      { "messaging.destination.template": "mine" },
    ],
    [
      "a stream",
      { useStreams: true, stream: "mine" },
      { "messaging.system.name": "rabbitmq", "messaging.destination.template": "mine" },
    ],
    [
      "Azure Service Bus",
      {
        amqpUrl:
          "Endpoint=sb://x.servicebus.windows.net/;SharedAccessKeyName=n;SharedAccessKey=k;EntityPath=q",
      },
      {
        "messaging.system.name": "azure.servicebus",
        "messaging.system": "servicebus",
        "messaging.destination.template": "q",
      },
    ],
    [
      "Google Cloud Pub/Sub",
      { amqpUrl: "pubsub://my-project", exchange: "topic" },
      { "messaging.system.name": "gcp_pubsub", "messaging.destination.template": "topic" },
    ],
    ["a sink that is named", { connectionName: "billing" }, { "messaging.client.id": "billing" }],
  ])("is named for %s", (_, options, expected) => {
    expect(placeAttributes(resolve({ ...options }, silentLogger))).toMatchObject(expected);
  });
});

describe("a meter or tracer", () => {
  it("that is none is an error that says what to write", () => {
    expect(problemsOf({ meter: {}, tracer: () => {} })).toEqual([
      'meter: must be a Meter or MeterProvider of OpenTelemetry, such as `metrics` of "@opentelemetry/api"; got an object',
      'tracer: must be a Tracer or TracerProvider of OpenTelemetry, such as `trace` of "@opentelemetry/api"; got a function',
    ]);
  });

  it.each<[string, RabbitMQSinkOptions]>([
    ["getMeter", { meter: { getMeter: boom } }],
    ["startSpan", { tracer: { startSpan: boom } }],
    ["end", { tracer: { startSpan: () => ({ setAttribute: boom, setStatus: boom, end: boom }) } }],
  ])("that throws in %s stops no delivery, and is reported once", async (_, options) => {
    const warn = vi.fn();
    const { sink, types } = onMemory({ ...options, logger: { ...silentLogger, warn } });
    for (const eventType of ["a", "b"]) await sink.publish({ eventType });
    await sink.stop();
    expect(types()).toEqual(["a", "b"]);
    expect(warn.mock.calls).toEqual([
      [{ line: "callback_failed", about: "OpenTelemetry" }, "meter or tracer threw Error (reported once)"],
    ]);
  });
});
