// What went wrong in the first sink of this kind, each named for what its user saw.
import type { Transport, TransportFactory } from "@streamll/core";
import { memoryTransport } from "@streamll/transport-memory";
import { describe, expect, it } from "vitest";
import { RabbitMQSink } from "../src/index.js";
import { onMemory } from "./on-memory.js";
import { problemsOf } from "./problems.js";

const events = (count: number) =>
  Array.from({ length: count }, (_, i) => ({ eventType: "step", data: { step: i } }));

const steps = (messages: readonly { body: Buffer }[]) =>
  messages.map(({ body }) => (JSON.parse(body.toString()) as { data: { step: unknown } }).data.step);

const upTo = (count: number) => Array.from({ length: count }, (_, i) => i);

it("a refused connection loses no event: after 20 of them, 100 of 100 arrive", async () => {
  let refused = 0;
  let enough = () => {};
  const refusedOften = new Promise<void>((resolve) => {
    enough = resolve;
  });
  const counting: TransportFactory = {
    schemes: ["memory"],
    create(options) {
      const transport = memoryTransport.create(options);
      const connect: Transport["connect"] = (...lane) => {
        if (++refused > 20) enough();
        return transport.connect(...lane);
      };
      return { ...transport, connect };
    },
  };
  const pace = { retryBackoffMs: 1, maxRetryBackoffMs: 1, circuitBreaker: false } as const;
  const { broker, sink, arrived } = onMemory({ ...pace, transports: [counting] });
  broker.faults.refuseConnections();
  for (const event of events(100)) expect(sink.handleEvent(event)).toBe(true);
  await refusedOften;
  expect(sink.health()).toMatchObject({ status: "degraded", pending: 100 });
  broker.faults.acceptConnections();
  expect(await sink.flush()).toMatchObject({ sent: 100, failed: 0, pending: 0 });
  expect(steps(arrived())).toEqual(upTo(100));
  await sink.stop();
});

it("stop() straight after 1,000 events delivers 1,000", async () => {
  const { sink, arrived } = onMemory();
  for (const event of events(1000)) sink.handleEvent(event);
  expect(await sink.stop()).toMatchObject({ sent: 1000, pending: 0 });
  expect(steps(arrived())).toEqual(upTo(1000));
});

it("flush() resolves when all accepted before it are settled", async () => {
  const { broker, sink, arrived } = onMemory({ batchTimeout: "1m", batchSize: 1000 });
  broker.faults.delayConfirms(20);
  for (const event of events(10)) sink.handleEvent(event);
  const report = await sink.flush();
  expect(report).toMatchObject({ sent: 10, pending: 0 });
  expect(report.durationMs).toBeGreaterThanOrEqual(19);
  expect(sink.stats()).toMatchObject({ events_sent: 10, events_in_flight: 0, events_buffered: 0 });
  expect(steps(arrived())).toEqual(upTo(10));
  await sink.stop();
});

it("one odd value never stops its neighbours, and is delivered in a plain form", async () => {
  const { sink, arrived } = onMemory();
  const cycle: Record<string, unknown> = {};
  cycle.self = cycle;
  const odd = [1n, new Date(0), cycle, new Set(["s"]), () => {}, "\ud800", "neighbour"];
  for (const step of odd) expect(sink.handleEvent({ eventType: "step", data: { step } })).toBe(true);
  expect(await sink.stop()).toMatchObject({ sent: odd.length, failed: 0 });
  expect(steps(arrived())).toEqual([
    "1",
    "1970-01-01T00:00:00.000Z",
    { self: "[Circular]" },
    ["s"],
    undefined,
    "\ufffd",
    "neighbour",
  ]);
  expect(sink.stats().reconnects).toBe(0);
});

it("an unroutable event fails as UNROUTABLE, and is not counted as sent", async () => {
  const { sink } = onMemory({ queue: false, maxRetries: 0 });
  await expect(sink.publish({ eventType: "step" })).rejects.toMatchObject({ code: "UNROUTABLE" });
  expect(await sink.stop()).toMatchObject({ sent: 0, failed: 1 });
  expect(sink.stats()).toMatchObject({ events_sent: 0, events_failed: 1, returns: 1 });
});

it("an unknown option is an error that names the nearest valid one", () => {
  expect(problemsOf({ batch_size: 10 })).toEqual([
    "batch_size: is not an option of RabbitMQSink; did you mean batchSize?",
  ]);
});

it("each sink has its own eventFilter: errors go their own way", async () => {
  const all = onMemory();
  const errors = onMemory({ eventFilter: ["error"] });
  for (const eventType of ["start", "error", "end"]) {
    for (const { sink } of [all, errors]) expect(sink.handleEvent({ eventType })).toBe(true);
  }
  await Promise.all([all.sink.stop(), errors.sink.stop()]);
  expect(all.types()).toEqual(["start", "error", "end"]);
  expect(errors.types()).toEqual(["error"]);
});

it("the key has the name of the module", async () => {
  const { sink, arrived } = onMemory({ routingKey: "app.{module_name}.{event_type}", queue: "q" });
  sink.handleEvent({ eventType: "start", moduleName: "RAG" });
  sink.handleEvent({ event_type: "end", module_name: "RAG" });
  await sink.stop();
  expect(arrived("q").map(({ routingKey }) => routingKey)).toEqual(["app.RAG.start", "app.RAG.end"]);
});

describe("flush() and stop() settle", () => {
  const settled = { pending: 0 };

  it("called twice, and at once", async () => {
    const { sink, arrived } = onMemory();
    for (const event of events(10)) sink.handleEvent(event);
    const reports = await Promise.all([sink.flush(), sink.flush(), sink.stop(), sink.flush(), sink.stop()]);
    for (const report of reports) expect(report).toMatchObject({ sent: 10, ...settled });
    expect(await sink.flush()).toMatchObject(settled);
    expect(arrived()).toHaveLength(10);
  });

  it.each(["flush", "stop"] as const)("%s() called from any callback", async (method) => {
    const calls = new Map<string, Promise<unknown>>();
    let sink: RabbitMQSink | undefined;
    const from = (name: string) => {
      if (sink !== undefined && !calls.has(name)) calls.set(name, sink[method]());
    };
    const say = (name: string) => () => from(name);
    const options = {
      maxEventBytes: "1KiB",
      metricsInterval: "10ms",
      metricsCallback: say("metricsCallback"),
      // One that waits for what waits for it.
      onFailure: async () => {
        from("onFailure");
        await calls.get("onFailure");
      },
      eventFilter: (event: { eventType: string }) => {
        if (event.eventType === "last") from("eventFilter");
        return true;
      },
      transform: <T>(event: T) => {
        if ((event as { eventType: string }).eventType === "last") from("transform");
        return event;
      },
      headers: (event: { eventType: string }) => {
        if (event.eventType === "last") from("headers");
        return {};
      },
      logger: { debug: say("logger"), info: say("logger"), warn: say("logger"), error: say("logger") },
    } as const;
    const made = onMemory(options);
    sink = made.sink;
    sink.on("connected", say("connected")).on("failed", say("failed"));
    sink.handleEvent({ eventType: "large", data: { text: "x".repeat(2000) } });
    for (const event of events(10)) sink.handleEvent(event);
    await sink.flush();
    sink.handleEvent({ eventType: "last" });
    const report = await sink.stop();
    expect(report.pending).toBe(0);
    expect([...calls.keys()]).toEqual(
      expect.arrayContaining([
        "connected",
        "failed",
        "onFailure",
        "eventFilter",
        "transform",
        "headers",
        "logger",
      ]),
    );
    for (const call of calls.values()) expect(await call).toMatchObject(settled);
    const { events_received, events_sent, events_failed } = sink.stats();
    expect(events_sent + events_failed).toBe(events_received);
    expect(made.arrived().length).toBe(events_sent);
  });

  it("before anything was started", async () => {
    const sink = new RabbitMQSink({ amqpUrl: "memory:never" });
    expect(await sink.flush()).toMatchObject({ sent: 0, ...settled });
    expect(await sink.stop()).toMatchObject({ sent: 0, ...settled });
  });
});
