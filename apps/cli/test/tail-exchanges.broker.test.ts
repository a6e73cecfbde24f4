import { randomUUID } from "node:crypto";
import { brokersForTests, type OpenChannel, openChannel } from "@streamll/brokers";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { command } from "./support/shell.js";

const WAIT = { timeout: 30_000, interval: 20 };

describe.each(brokersForTests())("streamll tail of an exchange on RabbitMQ $version", (broker) => {
  let channel: OpenChannel;
  beforeAll(async () => {
    channel = await openChannel(broker.url);
  });
  afterAll(() => channel[Symbol.asyncDispose]());

  const made = async (type: string, args = {}) => {
    const name = `tail-${randomUUID()}`;
    await channel.assertExchange(name, type, { durable: true, autoDelete: true, arguments: args });
    return name;
  };
  const tail = (exchange: string, args: readonly string[] = [], url = broker.url) =>
    command(["tail", "--url", url, "--exchange", exchange, "--json", "-n", "1", ...args]);
  /** Publishes to it until tail has seen one. */
  const seen = async (run: ReturnType<typeof command>, exchange: string, key: string, headers = {}) => {
    await vi.waitFor(() => expect(run.stderr.text).toContain(`tailing ${exchange}`), WAIT);
    channel.publish(exchange, key, Buffer.from(`{"event_type":"start","operation":"${key}"}`), { headers });
    expect(await run.code).toBe(0);
    expect(run.stdout.text).toContain(`"operation":"${key}"`);
  };

  it.each([
    ["topic", []],
    ["fanout", []],
    ["headers", []],
    ["direct", ["--pattern", "audit"]],
  ])("of type %s finds out the type and shows what it gets", async (type, args) => {
    const exchange = await made(type);
    await seen(tail(exchange, args), exchange, "audit", { any: "header" });
  });

  it.each([
    ["amq.topic", []],
    ["amq.fanout", []],
    ["amq.match", []],
    ["amq.direct", ["--pattern", "tail-audit"]],
  ])("%s shows what it gets", async (exchange, args) => {
    await seen(tail(exchange, args), exchange, "tail-audit");
  });

  it.each([
    ["direct", [], "compares full keys"],
    ["fanout", ["--pattern", "a"], "leave out --pattern"],
    ...(broker.version.startsWith("3.")
      ? []
      : [["x-local-random", [], "tail would take events from the others"] as const]),
  ] as const)("of type %s with %j is refused, and not read silently in vain", async (type, args, message) => {
    const exchange = await made(type);
    const run = tail(exchange, args);
    expect(await run.code).toBe(2);
    expect(run.stderr.text).toContain(message);
    await channel.deleteExchange(exchange);
  });

  it("is told the type where the user may not declare", { skip: !broker.owned }, async () => {
    const exchange = await made("direct");
    const user = `u-${randomUUID()}`;
    await broker.manage("PUT", `users/${user}`, { password: "pw", tags: "" });
    await broker.manage("PUT", `permissions/%2F/${user}`, {
      configure: "^amq\\.gen",
      write: "^amq\\.gen",
      read: ".*",
    });
    const url = broker.url.replace("guest:guest", `${user}:pw`);
    const run = tail(exchange, ["--exchange-type", "direct"], url);
    expect(await run.code).toBe(2);
    expect(run.stderr.text).toContain("compares full keys");
    await seen(tail(exchange, ["--exchange-type", "direct", "--pattern", "audit"], url), exchange, "audit");
    await broker.manage("DELETE", `users/${user}`);
  });

  it("that is not there is not made", async () => {
    const exchange = `tail-${randomUUID()}`;
    const run = tail(exchange);
    expect(await run.code).toBe(1);
    expect(run.stderr.text).toContain(`there is no exchange "${exchange}"`);
    const again = tail(exchange);
    expect(await again.code).toBe(1);
  });

  it("with a name that nothing can have is refused", async () => {
    const run = tail("e\n");
    expect(await run.code).toBe(2);
    expect(run.stderr.text).toContain("without control characters");
  });
});
