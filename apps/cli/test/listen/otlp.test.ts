import * as api from "@opentelemetry/api";
import { OTLPTraceExporter as JsonExporter } from "@opentelemetry/exporter-trace-otlp-http";
import { OTLPTraceExporter as ProtoExporter } from "@opentelemetry/exporter-trace-otlp-proto";
import { BasicTracerProvider, BatchSpanProcessor } from "@opentelemetry/sdk-trace-base";
import type { StreamllEvent } from "@streamll/core";
import { afterEach, describe, expect, it, vi } from "vitest";
import { runs } from "../../../../packages/sources/test/otel/scene.js";
import { trees } from "../../../../packages/sources/test/otel/trees.js";
import { treeOf } from "../../../../packages/sources/test/tree.js";
import { type Body, eventsIn, type Listening, listening, patient } from "./listening.js";

type Compression = NonNullable<ConstructorParameters<typeof ProtoExporter>[0]>["compression"];

const exporters = {
  protobuf: (url: string) => new ProtoExporter({ url }),
  "protobuf with gzip": (url: string) =>
    new ProtoExporter({ url, compression: "gzip" as Compression & string }),
  JSON: (url: string) => new JsonExporter({ url }),
  "JSON with gzip": (url: string) => new JsonExporter({ url, compression: "gzip" as Compression & string }),
};

/** Runs side by side may end in another order than they began. */
const runsOf = (tree: string) => tree.split(/\n(?! )/).sort();

describe("streamll listen", () => {
  let open: Listening;
  afterEach(() => open.stop());

  const sent = async (name: string, work: (otel: Parameters<(typeof runs)[string]>[0]) => unknown) => {
    const exporter = exporters[name as keyof typeof exporters](`${open.url}/v1/traces`);
    const provider = new BasicTracerProvider({ spanProcessors: [new BatchSpanProcessor(exporter)] });
    work({ tracer: provider.getTracer("library"), api } as Parameters<(typeof runs)[string]>[0]);
    await provider.forceFlush();
    await provider.shutdown();
  };

  it.each(Object.keys(exporters))(
    "makes the trees of the spans that npm's exporter sends as %s",
    async (name) => {
      for (const scene of Object.keys(runs)) {
        open = await listening(["--confirm"]);
        await sent(name, runs[scene]!);
        await open.stop();
        const events = eventsIn(open.broker);
        expect(runsOf(treeOf(events)), scene).toEqual(runsOf(trees[scene]!));
        expect(new Set(events.map(({ eventId }) => eventId)).size).toBe(events.length);
      }
    },
  );

  it("tells times, ids, usage and the service", async () => {
    open = await listening(["--confirm"]);
    const before = Date.now();
    await sent("protobuf", runs["an agent by gen_ai.* of today"]!);
    await open.stop();
    const events = eventsIn(open.broker);
    const start = events.find(({ eventType }) => eventType === "llm_start")!;
    const end = events.find(({ parentId }) => parentId === start.eventId)!;
    expect(start).toMatchObject({
      executionId: start.tags.trace_id,
      eventId: start.tags.span_id,
      tags: { service_name: expect.stringContaining("unknown_service") },
    });
    expect(end.eventId).toBe(`${start.eventId}-llm_end`);
    expect(end.data.usage).toEqual({ input_tokens: 10, output_tokens: 2, cache_read_tokens: 4 });
    expect(Date.parse(start.timestamp)).toBeGreaterThanOrEqual(before - 1000);
    expect(Date.parse(end.timestamp)).toBeGreaterThanOrEqual(Date.parse(start.timestamp));
  });

  it("loses nothing of an exporter that is told to wait", async () => {
    open = await listening(["--max-buffered-events", "2"]);
    open.broker.faults.block();
    await sent("protobuf", ({ tracer }) => tracer.startSpan("first").end());
    const waiting = sent("protobuf", ({ tracer }) => tracer.startSpan("second").end());
    await vi.waitFor(async () => expect((await refused()).status).toBe(429), patient);
    open.broker.faults.unblock();
    await waiting;
    await open.stop();
    const operations = eventsIn(open.broker).map(({ operation, eventType }) => `${operation} ${eventType}`);
    expect(operations).toEqual(["first start", "first end", "second start", "second end"]);
  });

  const postTo = (path: string, body: Body, type = "application/json") =>
    fetch(`${open.url}${path}`, { method: "POST", body, headers: { "content-type": type } });
  const refused = () => postTo("/v1/traces", requestOf({}));

  const requestOf = (more: object) =>
    JSON.stringify({
      resourceSpans: [
        {
          scopeSpans: [
            {
              spans: [
                {
                  traceId: "0af7651916cd43dd8448eb211c80319c",
                  spanId: "b7ad6b7169203331",
                  name: "chat gpt-5",
                  startTimeUnixNano: "1700000000000000000",
                  endTimeUnixNano: "1700000001500000000",
                  ...more,
                },
              ],
            },
          ],
        },
      ],
    });

  it("makes the same events of a request that is sent again", async () => {
    open = await listening(["--confirm"]);
    for (let time = 0; time < 2; time++) {
      const answer = await postTo("/v1/traces", requestOf({ parentSpanId: "00f067aa0ba902b7" }));
      expect([answer.status, await answer.json()]).toEqual([200, {}]);
    }
    await open.stop();
    const events: StreamllEvent[] = eventsIn(open.broker);
    expect(events.slice(2)).toEqual(events.slice(0, 2));
    expect(events[0]).toMatchObject({ parentId: "00f067aa0ba902b7", timestamp: "2023-11-14T22:13:20.000Z" });
    expect(events[1]!.data.duration_ms).toBe(1500);
  });

  it("answers a span without an id as a partial success", async () => {
    open = await listening();
    const answer = await postTo("/v1/traces", requestOf({ spanId: "" }));
    expect([answer.status, await answer.json()]).toEqual([
      200,
      { partialSuccess: { rejectedSpans: "1", errorMessage: "1 without valid ids or times" } },
    ]);
  });

  it("answers logs and metrics as rejected, and counts them", async () => {
    open = await listening();
    const logs = { resourceLogs: [{ scopeLogs: [{ logRecords: [{}, {}] }, { logRecords: [{}] }] }] };
    const gauge = { gauge: { dataPoints: [{}, {}] } };
    const metrics = {
      resourceMetrics: [{ scopeMetrics: [{ metrics: [gauge, { sum: { dataPoints: [{}] } }] }] }],
    };
    const errorMessage = expect.stringContaining("records spans alone");
    expect(await (await postTo("/v1/logs", JSON.stringify(logs))).json()).toEqual({
      partialSuccess: { rejectedLogRecords: "3", errorMessage },
    });
    expect(await (await postTo("/v1/metrics", JSON.stringify(metrics))).json()).toEqual({
      partialSuccess: { rejectedDataPoints: "3", errorMessage },
    });
    // resource_logs { scope_logs { log_records {} } }
    const binary = await postTo("/v1/logs", Buffer.from([10, 4, 18, 2, 18, 0]), "application/x-protobuf");
    expect(binary.headers.get("content-type")).toBe("application/x-protobuf");
    const body = Buffer.from(await binary.arrayBuffer());
    expect(body.subarray(2, 4)).toEqual(Buffer.from([8, 1]));
    expect(body.toString("latin1")).toContain("records spans alone");
    const none = await postTo("/v1/logs", Buffer.alloc(0), "application/x-protobuf");
    expect([none.status, (await none.arrayBuffer()).byteLength]).toEqual([200, 0]);
  });

  it("answers what is no request with a Status in the encoding of the request", async () => {
    open = await listening();
    const json = await postTo("/v1/traces", "s3cret");
    expect([json.status, await json.json()]).toEqual([
      400,
      { code: 3, message: "the body is not a request of OTLP as application/json" },
    ]);
    const nested = Buffer.concat(Array.from({ length: 4 }, () => Buffer.from([0x0a, 0xff])));
    const binary = await postTo("/v1/traces", nested, "application/x-protobuf");
    expect(binary.status).toBe(400);
    expect(Buffer.from(await binary.arrayBuffer()).subarray(0, 2)).toEqual(Buffer.from([8, 3]));
    expect(open.stderr.text).not.toContain("s3cret");
  });
});
