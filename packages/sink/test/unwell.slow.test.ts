// What an operator is told, on a real broker, of everything that a sink can suffer from. What keeps `start()` from
// connecting at all is in bad-broker.broker.test.ts.
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { type AddressInfo, connect as connectTcp, createServer, type Socket } from "node:net";
import { type Broker, brokersForTests, openChannel } from "@streamll/brokers";
import { describe, expect, it, vi } from "vitest";
import { RabbitMQSink, type RabbitMQSinkOptions } from "../src/index.js";
import { keeper } from "./keeper.js";

/** The default one, in milliseconds: by then it has to be said. */
const HEARTBEAT = 10_000;

const event = { eventType: "step", data: { text: "data-s3cret" } };

/** A sink, and what it said: by its log, and to its listeners. */
function watched(broker: Broker, own: RabbitMQSinkOptions = {}) {
  const name = `unwell-${randomUUID()}`;
  const { lines, logger } = keeper();
  const told: string[] = [];
  const sink = new RabbitMQSink({
    amqpUrl: broker.url,
    exchange: name,
    flushTimeout: 1,
    retryBackoffMs: 50,
    maxRetryBackoffMs: 500,
    logger,
    ...own,
  });
  sink.on("problem", ({ code, message }) => told.push(`problem ${code}: ${message}`));
  sink.on("solved", ({ code }) => told.push(`solved ${code}`));
  const problem = (code: string) => sink.health().problems.find((one) => one.code === code);
  return {
    name,
    sink,
    lines,
    told,
    /** Health and listeners say it within a heartbeat, and say what to do. */
    async says(code: string, message: RegExp) {
      const options = { timeout: HEARTBEAT, interval: 20 };
      await vi.waitFor(() => expect(problem(code)?.message).toMatch(message), options);
      const isTold = (one: string) => one.startsWith(`problem ${code}: `);
      await vi.waitFor(() => expect(told.some(isTold)).toBe(true), options);
    },
    async isOver(code: string) {
      await vi.waitFor(() => expect(problem(code)).toBeUndefined(), { timeout: 20_000, interval: 50 });
      await vi.waitFor(() => expect(told).toContain(`solved ${code}`), { timeout: 5000 });
    },
    hand(count: number, one: object = event) {
      for (let i = 0; i < count; i++) sink.handleEvent({ ...event, ...one });
    },
    async [Symbol.asyncDispose]() {
      await sink.stop();
      expect([...lines, ...told].join("\n")).not.toMatch(/s3cret|guest:guest/);
      await using channel = await openChannel(broker.url);
      await channel.deleteQueue(name);
      await channel.deleteExchange(name);
    },
  };
}

describe.each(brokersForTests())("RabbitMQ $version", (broker) => {
  it("a queue that is full is said while the sink is up, and 1,000 refusals are a line or two of each kind", async () => {
    await using unwell = watched(broker, {
      queueArguments: { "x-max-length": 1, "x-overflow": "reject-publish" },
      maxRetries: 1,
    });
    await unwell.sink.start();
    const begin = performance.now();
    unwell.hand(1000);
    await unwell.says("TRANSPORT_NACK", /full queue .*\. Let the queue be read or raise its limit/);
    await unwell.says("RETRIES_EXHAUSTED", /refused at every try/);
    expect(unwell.sink.health().status).toBe("up");
    await unwell.sink.stop();
    const { nacks, events_failed } = unwell.sink.stats();
    const counts = (line: string) =>
      unwell.lines
        .filter((one) => one.includes(`"line":"${line}"`))
        .map((one) => Number(/"count":(\d+)/.exec(one)?.[1]));
    const sum = (numbers: readonly number[]) => numbers.reduce((all, one) => all + one, 0);
    expect(sum(counts("failed"))).toBe(events_failed);
    expect(sum(counts("retried"))).toBe(nacks - events_failed);
    expect(events_failed).toBeGreaterThan(990);
    // Of each kind the first, the sum when the sink stops, and what a slow machine adds every ten seconds.
    const most = 2 * (2 + Math.floor((performance.now() - begin) / 10_000));
    expect(counts("failed").length + counts("retried").length).toBeLessThanOrEqual(most);
  });

  it("an event that no queue takes is said", async () => {
    await using unwell = watched(broker, { queue: false, maxRetries: 0 });
    unwell.hand(3);
    await unwell.says("UNROUTABLE", /no queue of exchange "unwell-.*" takes the message: bind one/);
  });

  it("a buffer that fills is said before it is full", async () => {
    await using unwell = watched(broker, { amqpUrl: "amqp://127.0.0.1:1/", maxBufferedEvents: 10 });
    unwell.hand(8);
    await unwell.says("BUFFER_FULL", /the buffer is 80 % full .*raise maxBufferedEvents/);
    await unwell.says("TRANSPORT_UNREACHABLE", /ECONNREFUSED.*Check host and port/);
    unwell.hand(5);
    await unwell.sink.stop();
    expect(unwell.lines.join("\n")).toMatch(/not taken: the buffer is full.*"count":3/);
  });

  it("a circuit that is open is said with the time of the next try", async () => {
    const circuitBreaker = { failureThreshold: 2, cooldown: 60 };
    await using unwell = watched(broker, { amqpUrl: "amqp://127.0.0.1:1/", circuitBreaker });
    unwell.hand(1);
    await unwell.says(
      "TRANSPORT_UNREACHABLE",
      /circuit is open after several failures: the next try is in \d/,
    );
    expect(unwell.sink.health().circuitState).toBe("open");
  });

  it("a host that takes the connection and says nothing is said at once", async () => {
    const silent = createServer((socket) => socket.on("error", () => {}).resume()).listen(0, "127.0.0.1");
    await once(silent, "listening");
    const { port } = silent.address() as AddressInfo;
    await using unwell = watched(broker, { amqpUrl: `amqp://127.0.0.1:${port}/` });
    unwell.hand(1);
    await unwell.says("TRANSPORT_UNREACHABLE", /not connected yet, for \d.* s: amqp:\/\/127\.0\.0\.1/);
    silent.close();
  });

  it("one of two connections that is down is said, while the other one delivers", async () => {
    const target = Number(new URL(broker.url).port);
    const clients: Socket[] = [];
    const proxy = createServer((client) => {
      clients.push(client);
      const server = connectTcp(target, "127.0.0.1");
      client.on("error", () => server.destroy()).pipe(server);
      server.on("error", () => client.destroy()).pipe(client);
    }).listen(0, "127.0.0.1");
    await once(proxy, "listening");
    const { port } = proxy.address() as AddressInfo;
    const amqpUrl = Object.assign(new URL(broker.url), { port: String(port) }).href;
    await using unwell = watched(broker, { amqpUrl, connectionPoolSize: 2, maxInFlight: 2, batchSize: 1 });
    await unwell.sink.start();
    for (let run = 0; run < 200; run++) unwell.hand(1, { executionId: `run-${run}` });
    await vi.waitFor(() => expect(unwell.sink.health().connectionsOpen).toBe(2), HEARTBEAT);
    proxy.close();
    clients[1]!.destroy();
    await unwell.says(
      "TRANSPORT_UNREACHABLE",
      /^1 of 2 connections are down: .*ECONNREFUSED.*Check host and port/,
    );
    expect(unwell.sink.health().status).toBe("up");
    expect(await unwell.sink.publish(event)).toMatchObject({ confirmed: true });
  });

  it("a user who may not write is said with the right that is missing", async () => {
    const user = `unwell-${randomUUID()}`;
    await broker.manage("PUT", `users/${user}`, { password: "pw-s3cret", tags: "" });
    const rights = { configure: ".*", write: "^unwell-.*\\.q$", read: ".*" };
    await broker.manage("PUT", `permissions/%2f/${user}`, rights);
    const url = Object.assign(new URL(broker.url), { username: user, password: "pw-s3cret" }).href;
    await using unwell = watched(broker, { amqpUrl: url, declareTopology: "none", exchange: "amq.topic" });
    unwell.hand(1);
    await unwell.says("TRANSPORT_PERMISSION", /403 ACCESS_REFUSED.*Grant the user the right to write to it/);
    await unwell.sink.stop();
    await broker.manage("DELETE", `users/${user}`);
  });

  it("a limit on connections is said, and how many are left", async () => {
    const vhost = `unwell-${randomUUID()}`;
    await broker.manage("PUT", `vhosts/${vhost}`);
    const all = { configure: ".*", write: ".*", read: ".*" };
    await broker.manage("PUT", `permissions/${vhost}/guest`, all);
    await broker.manage("PUT", `vhost-limits/${vhost}/max-connections`, { value: 1 });
    const url = Object.assign(new URL(broker.url), { pathname: `/${vhost}` }).href;
    await using unwell = watched(broker, {
      amqpUrl: url,
      connectionPoolSize: 2,
      maxInFlight: 2,
      batchSize: 1,
    });
    await unwell.sink.start();
    for (let run = 0; run < 200; run++) unwell.hand(1, { executionId: `run-${run}` });
    await unwell.says("TRANSPORT_THROTTLED", /going on with 1 of 2 connections.*lower connectionPoolSize/);
    expect(unwell.sink.health().status).toBe("up");
    await unwell.sink.stop();
    await broker.manage("DELETE", `vhosts/${vhost}`);
  });
});

describe.each(brokersForTests())("RabbitMQ $version", { skip: !brokersForTests()[0]?.owned }, (broker) => {
  it("an alarm is said in the broker's words, and that it is over", async () => {
    await using unwell = watched(broker);
    await unwell.sink.start();
    await broker.ctl("set_vm_memory_high_watermark", "0.00001");
    try {
      unwell.hand(1);
      await unwell.says("TRANSPORT_BLOCKED", /blocks publishing: low on memory\. .*free the broker's memory/);
      expect(unwell.sink.health().status).toBe("degraded");
    } finally {
      await broker.ctl("set_vm_memory_high_watermark", "0.6");
    }
    await unwell.isOver("TRANSPORT_BLOCKED");
    expect(await unwell.sink.flush()).toMatchObject({ pending: 0, failed: 0 });
  });

  it("silence is said before the connection is given up, and when it is", async () => {
    await using unwell = watched(broker, { confirmTimeout: 4, connectionTimeout: 1 });
    await unwell.sink.start();
    await broker.pause();
    try {
      unwell.hand(1);
      await unwell.says("TRANSPORT_TIMEOUT", /no answer for 2.* s; given up after 4 s \(confirmTimeout\)/);
      expect(unwell.sink.health().status).toBe("up");
      await unwell.says(
        "TRANSPORT_TIMEOUT",
        /nothing confirmed and no byte taken for 4 s .*whether the broker is hung/,
      );
      expect(unwell.sink.health().status).toBe("degraded");
      await unwell.says(
        "TRANSPORT_TIMEOUT",
        /not connected in 1000 ms: the host answers, the broker does not/,
      );
    } finally {
      await broker.resume();
    }
    await unwell.isOver("TRANSPORT_TIMEOUT");
    expect(await unwell.sink.flush()).toMatchObject({ pending: 0, failed: 0 });
  });

  it("a link that takes nothing more is said", async () => {
    await using unwell = watched(broker, { confirmTimeout: 4 });
    await unwell.sink.start();
    await broker.pause();
    try {
      unwell.hand(60, { data: { text: "x".repeat(500_000) } });
      await unwell.says("TRANSPORT_THROTTLED", /taken nothing more for \d.* s: .*flow control/);
    } finally {
      await broker.resume();
    }
    await unwell.isOver("TRANSPORT_THROTTLED");
    await vi.waitFor(() => expect(unwell.sink.stats().events_sent).toBe(60), 20_000);
  });

  it("a connection that somebody closes is said with the reason given, and opened again", async () => {
    await using unwell = watched(broker);
    await unwell.sink.start();
    await broker.ctl("close_all_connections", "maintenance");
    const said =
      /^disconnected: .*320 CONNECTION_FORCED - maintenance\. The broker went down, or somebody closed/m;
    await vi.waitFor(() => expect(unwell.lines.join("\n")).toMatch(said), HEARTBEAT);
    await vi.waitFor(() => expect(unwell.sink.stats().reconnects).toBe(1), HEARTBEAT);
    expect(unwell.sink.health()).toMatchObject({ status: "up", problems: [] });
  });
});
