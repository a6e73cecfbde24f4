import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { brokersForTests, followStream } from "@streamll/brokers";
import { describe, expect, it, vi } from "vitest";
import { analyticsSink } from "../src/analytics.js";

const root = fileURLToPath(new URL("../../../", import.meta.url));
const main = fileURLToPath(new URL("../src/main.ts", import.meta.url));

describe.each(brokersForTests())("on RabbitMQ $version", (broker) => {
  it("the program leaves each event in the stream once", { skip: !broker.owned }, async () => {
    const url = `rabbitmq-stream://127.0.0.1:${broker.streamPort}/`;
    const events = 20_000;
    const { stdout } = await promisify(execFile)(
      process.execPath,
      ["--import", "tsx", main, url, String(events)],
      { cwd: root },
    );
    expect(stdout).toBe(`${events} events in the stream, 0 missing\n`);

    await using reader = await followStream(
      broker,
      "streamll_events",
      ({ content }) => (JSON.parse(content.toString()) as { data: { index: number } }).data.index,
    );
    await vi.waitUntil(() => reader.all.length >= events, { timeout: 30_000 });
    expect(reader.all).toEqual(Array.from({ length: events }, (_, index) => index));
    expect(await broker.manage("GET", "queues/%2F/streamll_events")).toMatchObject({
      type: "stream",
      arguments: { "x-max-age": "21600s" },
    });
    await broker.manage("DELETE", "queues/%2F/streamll_events");
  });
});

it("the options are those of the guide's recipe, and no other", () => {
  const { options } = analyticsSink("amqp://user:pass@rabbitmq:5672/analytics").explain();
  const set = Object.entries(options).filter(([, { from }]) => from === "option");
  expect(Object.fromEntries(set.map(([name, { value }]) => [name, value]))).toEqual({
    amqpUrl: ["amqp://user:***@rabbitmq:5672/analytics"],
    useStreams: true,
    batchSize: 500,
    batchTimeout: "500ms",
    publisherConfirms: true,
    streamMaxAgeHours: "6h",
  });
});
