import { context, createTraceState, INVALID_SPAN_CONTEXT, TraceFlags, trace } from "@opentelemetry/api";
import { AsyncLocalStorageContextManager } from "@opentelemetry/context-async-hooks";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { RabbitMQSink, type RabbitMQSinkOptions } from "../src/index.js";
import { recorder } from "./recorder.js";

const span = {
  traceId: "0af7651916cd43dd8448eb211c80319c",
  spanId: "b7ad6b7169203331",
  traceFlags: TraceFlags.SAMPLED,
  traceState: createTraceState("rojo=00f067aa0ba902b7,congo=t61rcWkgMzE"),
};
const event = { eventType: "start" };

/** The headers of each event that `program` hands over. */
async function headersOf(
  program: (sink: RabbitMQSink) => unknown,
  options: RabbitMQSinkOptions = {},
): Promise<object[]> {
  const transport = recorder();
  const sink = new RabbitMQSink({ transport, ...options });
  await program(sink);
  await sink.stop();
  return transport.messages.map(({ headers }) => headers);
}

const inSpan = <T>(spanContext: typeof span | typeof INVALID_SPAN_CONTEXT, run: () => T): T =>
  context.with(trace.setSpanContext(context.active(), spanContext), run);

describe("where OpenTelemetry is set up, an event", () => {
  beforeEach(() => void context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable()));
  afterEach(() => context.disable());

  it("carries the active span in the headers of W3C", async () => {
    const [headers] = await headersOf((sink) => inSpan(span, () => sink.handleEvent(event)));
    expect(headers).toMatchObject({
      event_type: "start",
      traceparent: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
      tracestate: "rojo=00f067aa0ba902b7,congo=t61rcWkgMzE",
    });
  });

  it("has its own span, also behind an await and beside others", async () => {
    const ids = ["b7ad6b7169203331", "00f067aa0ba902b7", "53995c3f42cd8ad8"];
    const all = await headersOf((sink) =>
      Promise.all(
        ids.map((spanId) =>
          inSpan({ ...span, spanId, traceFlags: TraceFlags.NONE }, async () => {
            await new Promise(setImmediate);
            await sink.publish({ ...event, operation: spanId });
          }),
        ),
      ),
    );
    expect(all).toHaveLength(3);
    for (const headers of all) {
      const { operation, traceparent } = headers as Record<string, string>;
      expect(traceparent).toBe(`00-${span.traceId}-${operation}-00`);
    }
  });

  it.each([
    ["outside of a span", (sink: RabbitMQSink) => sink.handleEvent(event)],
    [
      "in one that is not valid",
      (sink: RabbitMQSink) => inSpan(INVALID_SPAN_CONTEXT, () => sink.handleEvent(event)),
    ],
  ])("%s has no such headers", async (_, program) => {
    const [headers] = await headersOf(program);
    expect(Object.keys(headers!)).toEqual([
      "streamll_version",
      "event_type",
      "operation",
      "module_name",
      "execution_id",
    ]);
  });

  it("keeps a header of the user's own", async () => {
    const options = { headers: { traceparent: "mine" } };
    const [headers] = await headersOf((sink) => inSpan(span, () => sink.handleEvent(event)), options);
    expect(headers).toMatchObject({ traceparent: "mine" });
  });
});

describe("where something else stands in the place of OpenTelemetry", () => {
  const place = Symbol.for("opentelemetry.js.api.1");
  const global = globalThis as Record<symbol, unknown>;
  const before = Object.getOwnPropertyDescriptor(globalThis, place);
  afterEach(() => {
    if (before === undefined) Reflect.deleteProperty(global, place);
    else Object.defineProperty(globalThis, place, before);
  });

  const boom = (): never => {
    throw new Error("boom");
  };
  const withSpan = (spanContext: unknown) => ({
    context: { active: () => ({ getValue: () => ({ spanContext: () => spanContext }) }) },
  });

  it.each<[string, unknown]>([
    ["null", null],
    ["text", "x"],
    ["a trap", new Proxy({}, { get: boom })],
    ["a context manager that throws", { context: { active: boom } }],
    ["no context", { context: { active: () => undefined } }],
    ["no span", { context: { active: () => ({ getValue: () => null }) } }],
    ["a span without context", withSpan(undefined)],
    ["ids that are numbers", withSpan({ ...span, traceId: 1 })],
    ["ids with a line break", withSpan({ ...span, spanId: "b7ad6b716920333\n" })],
    ["upper case", withSpan({ ...span, traceId: span.traceId.toUpperCase() })],
    ["flags that are none", withSpan({ ...span, traceFlags: 1n })],
  ])("%s: the event goes without", async (_, value) => {
    Object.defineProperty(globalThis, place, { configurable: true, writable: true, value });
    const [headers] = await headersOf((sink) => expect(sink.handleEvent(event)).toBe(true));
    expect(headers).toMatchObject({ event_type: "start" });
    expect(headers).not.toHaveProperty("traceparent");
    expect(headers).not.toHaveProperty("tracestate");
  });

  it.each<[string, unknown]>([
    ["throws", boom],
    ["is no text", () => ({})],
    ["has a line break", () => "a=1\n"],
    ["is too long", () => `a=${"x".repeat(512)}`],
  ])("a state that %s is left out alone", async (_, serialize) => {
    const value = withSpan({ ...span, traceState: { serialize } });
    Object.defineProperty(globalThis, place, { configurable: true, writable: true, value });
    const [headers] = await headersOf((sink) => sink.handleEvent(event));
    expect(headers).toHaveProperty("traceparent", `00-${span.traceId}-${span.spanId}-01`);
    expect(headers).not.toHaveProperty("tracestate");
  });
});
