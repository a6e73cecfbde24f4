import type { SpanContext } from "@opentelemetry/api";
import { EventConsumer, type EventConsumerOptions } from "@streamll/consumer";
import { ConfigurationError, silentLogger } from "@streamll/core";
import { describe, expect, it, vi } from "vitest";
import { sdk2 } from "../../../sink/test/otel/on-2.js";
import { placeAttributes } from "../../src/otel/open-telemetry.js";
import { resolve } from "../../src/resolve.js";
import { scene } from "../scene.js";
import { checkPlayed } from "./expected.js";
import { play, publisher } from "./scene.js";

const boom = (): never => {
  throw new Error("boom");
};
const traceparent = `00-${publisher.traceId}-${publisher.spanId}-01`;

/** A consumer of the queue `team`, with one message in it. */
async function withOne(options: EventConsumerOptions) {
  const { broker, consumer, settled } = scene();
  broker.declareQueue("team");
  broker.publish({
    routingKey: "team",
    headers: { traceparent },
    body: JSON.stringify({ event_type: "end", execution_id: "run" }),
  });
  const one = consumer(options);
  return { one, settled: () => settled(one) };
}

describe("a consumer with a meter and a tracer of OpenTelemetry 2", () => {
  it("exports metrics and spans by the conventions for messaging", async () => {
    await using sdk = sdk2();
    checkPlayed(await play(sdk));
  });

  it("ends the span of a try when its time is over, whatever the handler does", async () => {
    await using sdk = sdk2();
    let release = () => {};
    const hanging = new Promise<void>((resolve) => {
      release = resolve;
    });
    const { one, settled } = await withOne({
      tracer: sdk.tracerProvider,
      handlerTimeout: 0.05,
      handle: (_, { attempt }) => (attempt === 1 ? hanging : undefined),
    });
    await one.start();
    await settled();
    release();
    await one.stop();
    expect(sdk.spans().map(({ status, attributes }) => ({ status, attributes }))).toMatchObject([
      { status: { code: 2 }, attributes: { "error.type": "HANDLER_TIMEOUT" } },
      { status: { code: 0 } },
    ]);
  });

  it("has its spans below that of the publisher with continueExecution, and those of handlers below its own", async () => {
    await using sdk = sdk2();
    const { one, settled } = await withOne({
      tracer: sdk.tracerProvider,
      continueExecution: true,
      handle: () => sdk.tracerProvider.getTracer("program").startSpan("bill").end(),
    });
    await one.start();
    await settled();
    await one.stop();
    const spans = sdk.spans() as unknown as readonly {
      readonly name: string;
      readonly parentSpanContext: SpanContext;
      spanContext(): SpanContext;
    }[];
    const [bill, process] = ["bill", "process team"].map((name) => spans.find((span) => span.name === name)!);
    expect(process!.parentSpanContext.spanId).toBe(publisher.spanId);
    expect(process!.spanContext().traceId).toBe(publisher.traceId);
    expect(bill!.parentSpanContext.spanId).toBe(process!.spanContext().spanId);
  });

  it("records events that a loop takes until each has its verdict", async () => {
    await using sdk = sdk2();
    const { one } = await withOne({ tracer: sdk.tracerProvider });
    for await (const delivery of one) {
      expect(sdk.spans()).toEqual([]);
      await delivery.done();
      break;
    }
    expect(sdk.spans()).toMatchObject([{ name: "process team", status: { code: 0 } }]);
  });

  it("is let go by the provider once its last figures are collected", async () => {
    await using sdk = sdk2();
    const meter = sdk.meterProvider.getMeter("mine");
    const added = vi.spyOn(meter, "addBatchObservableCallback");
    const removed = vi.spyOn(meter, "removeBatchObservableCallback");
    const { one, settled } = await withOne({ meter, handle: () => {} });
    await one.start();
    await settled();
    await one.stop();
    expect(removed).not.toHaveBeenCalled();
    await sdk.meterProvider.forceFlush();
    await new Promise(setImmediate);
    expect(removed.mock.calls).toEqual(added.mock.calls);
  });
});

describe("where events come from", () => {
  const handle = () => {};

  it.each<[string, EventConsumerOptions, object]>([
    [
      "a queue of RabbitMQ",
      { queue: "mine" },
      { "messaging.system.name": "rabbitmq", "messaging.destination.name": "mine" },
    ],
    [
      "a stream",
      { amqpUrl: "rabbitmq-stream://localhost", stream: "mine", consumerName: "team" },
      {
        "messaging.system.name": "rabbitmq",
        "messaging.destination.name": "mine",
        "messaging.consumer.group.name": "team",
      },
    ],
    [
      "a consumer that is named",
      { queue: "mine", connectionName: "billing" },
      { "messaging.client.id": "billing" },
    ],
  ])("is named for %s", (_, options, expected) => {
    expect(placeAttributes(resolve({ handle, ...options }, silentLogger))).toMatchObject(expected);
  });
});

describe("a meter or tracer of a consumer", () => {
  it("that is none is an error that says what to write", () => {
    const make = () => new EventConsumer({ queue: "q", handle() {}, meter: {}, tracer: () => {} } as object);
    expect(make).toThrow(ConfigurationError);
    expect(make).toThrow(
      /meter: must be a Meter or MeterProvider of OpenTelemetry.*tracer: must be a Tracer/s,
    );
  });

  it.each<[string, EventConsumerOptions]>([
    ["getMeter", { meter: { getMeter: boom } }],
    ["startSpan", { tracer: { startSpan: boom } }],
    ["end", { tracer: { startSpan: () => ({ setAttribute: boom, setStatus: boom, end: boom }) } }],
  ])("that throws in %s keeps no event from its handler, and is reported once", async (_, options) => {
    const warn = vi.fn();
    const handle = vi.fn();
    const { one, settled } = await withOne({ ...options, handle, logger: { ...silentLogger, warn } });
    await one.start();
    await settled();
    await one.stop();
    expect(handle).toHaveBeenCalledOnce();
    expect(warn.mock.calls).toEqual([
      [{ line: "callback_failed", about: "OpenTelemetry" }, "meter or tracer threw Error (reported once)"],
    ]);
  });
});
