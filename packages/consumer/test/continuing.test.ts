import { context, trace as traces } from "@opentelemetry/api";
import { AsyncLocalStorageContextManager } from "@opentelemetry/context-async-hooks";
import { type AnyEvent, configure, emit, type StreamllEvent, trace } from "@streamll/core";
import { afterEach, describe, expect, it } from "vitest";
import { scene } from "./scene.js";

const traceId = "0af7651916cd43dd8448eb211c80319c";
const spanId = "b7ad6b7169203331";

describe("continueExecution", () => {
  afterEach(() => context.disable());

  it("lets what a handler records be a part of the run that made the event, in streamll and OpenTelemetry", async () => {
    context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
    const recorded: StreamllEvent[] = [];
    const report = { sent: 0, failed: 0, dropped: 0, rejected: 0, pending: 0, failures: {}, durationMs: 0 };
    const recorder = {
      handleEvent: (event: AnyEvent) => recorded.push(event as StreamllEvent) > 0,
      flush: async () => report,
      stop: async () => report,
    };
    const configured = configure({ sinks: [recorder] });
    const { broker, consumer, settled } = scene();
    broker.declareQueue("team");
    const event = { execution_id: "run", event_id: "e", module_name: "rag" };
    const headers = { traceparent: `00-${traceId}-${spanId}-01`, tracestate: "vendor=1" };
    for (const more of [{ event_type: "end", parent_id: "call" }, { event_type: "llm_start" }])
      broker.publish({
        routingKey: "team",
        correlationId: "run",
        headers,
        body: JSON.stringify({ ...event, ...more }),
      });
    broker.publish({
      routingKey: "team",
      headers: { traceparent: "00-0-0-00" },
      body: JSON.stringify({ event_type: "end", execution_id: "another" }),
    });
    const spans: unknown[] = [];
    const continuing = consumer({
      continueExecution: true,
      async handle() {
        await trace("bill", async () => {});
        emit("billed");
        const span = traces.getActiveSpan();
        span?.setAttribute("ignored", 1).end();
        const { traceId, spanId, traceState } = span?.spanContext() ?? {};
        spans.push(span && { traceId, spanId, state: traceState?.serialize() });
      },
    });
    await continuing.start();
    await settled(continuing);
    await continuing.stop();
    await configured.stop();
    const of = (execution: string) =>
      recorded
        .filter(({ executionId }) => executionId === execution)
        .map(({ eventType, parentId, moduleName }) => ({ eventType, parentId, moduleName }));
    const starts = recorded
      .filter(({ eventType, executionId }) => eventType === "start" && executionId === "run")
      .map(({ eventId }) => eventId);
    expect(of("run")).toEqual(
      ["call", "e"].flatMap((call, index) => [
        { eventType: "start", parentId: call, moduleName: "rag" },
        { eventType: "end", parentId: starts[index], moduleName: "rag" },
        { eventType: "billed", parentId: call, moduleName: "rag" },
      ]),
    );
    expect(of("another").map(({ eventType }) => eventType)).toEqual(["start", "end", "billed"]);
    const remote = { traceId, spanId, state: "vendor=1" };
    expect(spans.toSorted()).toEqual([remote, remote, undefined]);
  });
});
