import { randomUUID } from "node:crypto";
import { readFile } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { PrometheusExporter } from "@opentelemetry/exporter-prometheus";
import { MeterProvider } from "@opentelemetry/sdk-metrics";
import { brokersForTests, closeConnection, connectionsOf, freePort } from "@streamll/brokers";
import { silentLogger } from "@streamll/core";
import { FaultProxy } from "@streamll/harness";
import { RabbitMQSink, type RabbitMQSinkOptions } from "@streamll/sink";
import { afterAll, beforeAll, expect, it } from "vitest";
import { type Prometheus, startPrometheus } from "./support/prometheus.js";

interface Dashboard {
  readonly panels: readonly {
    readonly title: string;
    readonly targets: readonly { readonly expr: string }[];
  }[];
  readonly templating: { readonly list: readonly { readonly definition?: string }[] };
}

const file = new URL("../../../integrations/grafana/streamll-sinks.json", import.meta.url);
const dashboard = JSON.parse(await readFile(file, "utf8")) as Dashboard;
const expressions = dashboard.panels.flatMap(({ title, targets }) =>
  targets.map(({ expr }) => [title, expr] as const),
);
const variables = dashboard.templating.list.flatMap(({ definition }) => definition ?? []);

/** As Grafana fills in its variables when nothing is chosen. */
const filled = (expression: string): string =>
  expression
    .replaceAll("$__rate_interval", "10s")
    .replaceAll("$__range", "5m")
    .replaceAll(/\$(job|destination)/g, ".*");

const [broker] = brokersForTests().slice(-1);
const waiting = { timeout: 120_000, interval: 200 };

/** Where a sink loses events in one burst, and never again. */
const once = `once-${randomUUID()}`;
let loseOnce: () => Promise<unknown>;
let prometheus: Prometheus;
let end: () => Promise<void>;

beforeAll(async () => {
  const port = await freePort();
  const exporter = new PrometheusExporter({ port, host: "127.0.0.1" });
  const provider = new MeterProvider({ readers: [exporter] });
  const queue = `dashboard-${randomUUID()}`;
  await broker!.manage("PUT", `queues/%2F/${queue}`, { auto_delete: false, durable: false, arguments: {} });
  const options: RabbitMQSinkOptions = {
    amqpUrl: broker!.url,
    exchange: "",
    queue: false,
    connectionPoolSize: 1,
    maxRetries: 1,
    maxBufferedEvents: 30,
    meter: provider,
    logger: silentLogger,
  };
  const sink = new RabbitMQSink({ ...options, routingKey: "{data.queue}", connectionName: queue });
  // Without retries all events are lost at once: with them, the losses spread over several scrapes.
  const losing = new RabbitMQSink({ ...options, routingKey: once, connectionName: once, maxRetries: 0 });
  // Of what is answered at once, a scrape sees nothing in flight.
  const line = await FaultProxy.to(broker!.url);
  const distant = new RabbitMQSink({
    ...options,
    amqpUrl: line.url,
    routingKey: queue,
    connectionName: "distant",
  });
  await Promise.all([sink.start(), losing.start(), distant.start()]);
  line.latency(1000);
  loseOnce = () => {
    for (let event = 0; event < 5; event++) losing.handleEvent({ eventType: "step" });
    return losing.flush();
  };
  prometheus = await startPrometheus(port);

  // All that the dashboard shows, again and again: a rate needs two values that differ.
  let running = true;
  const work = (async () => {
    for (let turn = 1; running; turn++) {
      for (let event = 0; event < 40; event++)
        sink.handleEvent({ eventType: "step", data: { queue: event % 2 === 0 ? queue : "no queue" } });
      distant.handleEvent({ eventType: "step" });
      await sleep(200);
      if (turn % 10 !== 0) continue;
      const connections = await connectionsOf(broker!);
      const own = connections.filter(({ client_properties: { connection_name = "" } }) =>
        connection_name.includes(queue),
      );
      for (const connection of own) await closeConnection(broker!, connection, "a test");
    }
  })();
  end = async () => {
    running = false;
    await work;
    await Promise.all([sink.stop(), losing.stop(), distant.stop()]);
    await line[Symbol.asyncDispose]();
    await broker!.manage("DELETE", `queues/%2F/${queue}`);
    await provider.shutdown();
    await prometheus[Symbol.asyncDispose]();
  };
}, 180_000);
afterAll(() => end?.());

const largestOf = (expression: string) => async () => {
  const samples = await prometheus.query(filled(expression));
  return Math.max(...samples.map(({ value: [, value] }) => Number(value)), 0);
};

it.each(expressions)("the dashboard's panel %s has values of a real sink: %s", async (_, expression) => {
  await expect.poll(largestOf(expression), waiting).toBeGreaterThan(0);
});

it("the dashboard's panels of lost events show the only burst of losses that a sink has", async () => {
  const scraped = `streamll_sink_event_exported_total{messaging_destination_template="${once}"}`;
  await expect.poll(() => prometheus.query(scraped), waiting).not.toEqual([]);
  await loseOnce();
  const panels = expressions.filter(([title]) => title.startsWith("Lost events"));
  expect(panels).toHaveLength(2);
  const shown = panels.map(([, expression]) => largestOf(expression.replaceAll("$destination", once)));
  await Promise.all(shown.map((largest) => expect.poll(largest, waiting).toBeGreaterThan(0)));
});

it.each(variables)("the dashboard's variable %s has values", async (definition) => {
  const [, selector = "", label = ""] = /^label_values\((.+), (\w+)\)$/.exec(definition) ?? [];
  const samples = async () => (await prometheus.query(filled(selector))).map(({ metric }) => metric[label]);
  await expect.poll(samples, waiting).toContainEqual(expect.stringMatching(/./));
});

it.each(["StreamllEventsLost", "StreamllEventsRejected", "StreamllBufferFilling", "StreamllProblem"])(
  "the alert %s is raised",
  (name) => expect.poll(() => prometheus.alerts(), waiting).toContain(name),
);
