import { hostname } from "node:os";
import { describe, expect, it } from "vitest";
import { formatExplanation, RabbitMQSink, type RabbitMQSinkOptions } from "../src/index.js";
import { optionsDocument } from "../src/internal.js";
import { optionNames } from "./option-rows.js";

describe("explain()", () => {
  const sink = new RabbitMQSink({
    amqpUrl: "amqps://user:hunter2@h/v?heartbeat=30",
    tls: { key: "hunter2", passphrase: "hunter2" },
    batchTimeout: "50ms",
    circuitBreaker: { cooldown: "1m" },
    headers: () => ({}),
    eventFilter: ["error"],
  });
  const explanation = sink.explain();

  it("tells each option with where it came from", () => {
    expect(Object.keys(explanation.options)).toEqual(optionNames);
    expect(explanation.options).toMatchObject({
      amqpUrl: { value: ["amqps://user:***@h/v"], from: "option" },
      heartbeat: { value: "30s", from: "URL" },
      username: { value: "user", from: "URL" },
      password: { value: "***", from: "URL" },
      tls: { value: "***", from: "option" },
      batchTimeout: { value: "50ms", from: "option" },
      batchBytes: { value: "256KiB", from: "default" },
      circuitBreaker: { value: { failureThreshold: 5, cooldown: "60s" }, from: "option" },
      headers: { value: "a function", from: "option" },
      eventFilter: { value: ["error"], from: "option" },
      messageTtl: { from: "default" },
    });
    expect(explanation).toMatchObject({ transport: "amqp091", endpoints: ["amqps://user:***@h:5671/v"] });
  });

  it("tells what the sink works out itself", () => {
    const of = (options: RabbitMQSinkOptions) => new RabbitMQSink(options).explain().options;
    expect(of({ exchange: "team", routingKey: "app.{event_type}" })).toMatchObject({
      queue: { value: "team.app", from: "derived" },
      mandatory: { value: true, from: "derived" },
      ssl: { value: false, from: "derived" },
      connectionName: { value: `streamll@${hostname()}:${process.pid}`, from: "derived" },
      queueType: { from: "default" },
    });
    expect(of({ publisherConfirms: false }).mandatory).toEqual({ value: false, from: "derived" });
    expect(of({ declareTopology: "none" }).queue).toEqual({ value: false, from: "derived" });
    expect(of({ queue: false }).queue).toEqual({ value: false, from: "option" });
    expect(of({ connectionName: "app" }).connectionName).toEqual({ value: "app", from: "option" });
    expect(explanation.options.ssl).toEqual({ value: true, from: "derived" });
  });

  it("is a plain object, and holds no secret", () => {
    expect(JSON.parse(JSON.stringify(explanation))).toEqual(explanation);
    expect(JSON.stringify(explanation)).not.toContain("hunter2");
  });

  it("shows of headers the names alone: a value may be a token", () => {
    const { options } = new RabbitMQSink({ headers: { authorization: "hunter2", team: "rag" } }).explain();
    expect(options.headers.value).toEqual({ authorization: "***", team: "***" });
  });

  it("can be read as text", () => {
    const text = formatExplanation(explanation);
    expect(text).toContain("transport amqp091");
    expect(text).toMatch(/batchTimeout +50ms +option/);
    expect(text).toMatch(/mandatory +true +derived/);
    expect(text).toMatch(/queue +streamll_events +derived/);
    expect(text).toContain('binding streamll_events -> streamll_events "streamll.*.*"');
    expect(text).not.toContain("hunter2");
  });
});

describe("the page of options", () => {
  it("has a row for each", () => {
    const page = optionsDocument();
    for (const option of optionNames) expect(page).toContain(`| \`${option}\` |`);
    expect(page).toContain("`RABBITMQ_BATCH_SIZE`");
    expect(page).not.toContain(", undefined");
  });

  it("has four cells in each row", () => {
    const rows = optionsDocument()
      .split("\n")
      .filter((line) => line.startsWith("| `"));
    for (const row of rows) expect(row.split(/(?<!\\)\|/)).toHaveLength(6);
  });
});
