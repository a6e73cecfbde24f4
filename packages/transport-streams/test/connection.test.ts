import { once } from "node:events";
import { createServer } from "node:net";
import { describe, expect, it, vi } from "vitest";
import * as command from "../src/protocol/commands.js";
import { frame, list, string, u8, u16, u32, u64 } from "../src/protocol/writer.js";
import { streamsTransport } from "../src/transport.js";
import { open, publish, WAIT } from "./support/connect.js";
import { FakeStreamServer } from "./support/fake-server.js";
import { message, messages, options, outcomes } from "./support/options.js";

/** As SIGSTOP does, or a host that is frozen: nothing of this process runs. */
const standStill = (ms: number) => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
const never = new AbortController().signal;
const connect = (server: FakeStreamServer, own = {}) =>
  streamsTransport(options(own)).connect(server.endpoint, { index: 0 }, never);

const confirmed = { kind: "confirmed" };

describe("publishing", () => {
  it("cuts frames by bytes: two hundred events of 200 kB go out whole", async () => {
    await using server = await FakeStreamServer.start();
    await using lane = await open(server.endpoint);
    const batch = messages(1, 200, { body: Buffer.alloc(200_000, "x") });
    expect(await publish(lane.connection, batch)).toEqual(batch.map(() => confirmed));
    expect(server.streams.get("events")?.stored).toHaveLength(200);
    const sizes = server.received
      .filter((one) => one.command === command.PUBLISH)
      .map(({ bytes }) => bytes.length);
    expect(Math.max(...sizes)).toBeLessThanOrEqual(1024 * 1024 + 4);
    expect(sizes.length).toBeGreaterThan(39);
  });

  it("refuses an event over the frame alone", async () => {
    await using server = await FakeStreamServer.start();
    await using lane = await open(server.endpoint);
    const huge = message({ sequence: 2, body: Buffer.alloc(1024 * 1024) });
    const [before, refused, after] = await publish(lane.connection, [
      ...messages(1, 1),
      huge,
      ...messages(3, 1),
    ]);
    expect([before, after]).toEqual([confirmed, confirmed]);
    expect(refused).toMatchObject({ kind: "refused", error: { kind: "too-large", permanent: true } });
    // The largest body that fits does.
    const overhead = 1024 * 1024 - 400;
    expect(await publish(lane.connection, [message({ sequence: 4, body: Buffer.alloc(overhead) })])).toEqual([
      confirmed,
    ]);
  });

  it("takes no confirm of another publisher for its own", async () => {
    await using server = await FakeStreamServer.start({
      answer: (key, _, connection) => {
        if (key !== command.PUBLISH) return undefined;
        connection.send(frame(command.PUBLISH_CONFIRM, 1, u8(7), list([1], u64)));
        connection.send(frame(command.PUBLISH_ERROR, 1, u8(7), u32(1), u64(1), u16(18)));
        return "nothing";
      },
    });
    await using lane = await open(server.endpoint);
    const { settle, all } = outcomes(1);
    lane.connection.publish(messages(1, 1), settle);
    await vi.waitUntil(() => server.received.some((one) => one.command === command.PUBLISH), WAIT);
    await lane.connection.close(AbortSignal.timeout(1000));
    expect(all).toEqual([undefined]);
  });

  it("knows nothing of an event that the stream was not available for, and begins anew", async () => {
    await using server = await FakeStreamServer.start({
      answer: (key) =>
        key === command.PUBLISH ? frame(command.PUBLISH_ERROR, 1, u8(0), u32(1), u64(1), u16(18)) : undefined,
    });
    await using lane = await open(server.endpoint);
    const { settle, all } = outcomes(2);
    lane.connection.publish(messages(1, 2), settle);
    expect(await lane.connection.closed).toMatchObject({ kind: "unreachable", permanent: false });
    expect(all).toEqual([undefined, undefined]);
  });

  it("says that the right to write was taken", async () => {
    await using server = await FakeStreamServer.start({
      answer: (key) =>
        key === command.PUBLISH ? frame(command.PUBLISH_ERROR, 1, u8(0), u32(1), u64(1), u16(16)) : undefined,
    });
    await using lane = await open(server.endpoint);
    lane.connection.publish(messages(1, 1), () => {});
    expect(await lane.connection.closed).toMatchObject({ kind: "permission" });
  });

  it("moves on when the broker tells that the stream has another leader", async () => {
    await using server = await FakeStreamServer.start();
    await using lane = await open(server.endpoint);
    for (const { send } of [...server.connections].map((one) => ({ send: one.send.bind(one) })))
      send(frame(command.METADATA_UPDATE, 1, u16(6), string("events")));
    expect(await lane.connection.closed).toMatchObject({ kind: "unreachable", permanent: false });
  });

  it("ends in good order what the broker closes, and answers it", async () => {
    await using server = await FakeStreamServer.start();
    await using lane = await open(server.endpoint);
    for (const one of server.connections)
      one.send(frame(command.CLOSE, 1, u32(9), u16(14), string("frame too large")));
    expect(await lane.connection.closed).toMatchObject({
      kind: "protocol",
      message: expect.stringContaining("frame too large"),
    });
    await vi.waitUntil(
      () => server.received.some((one) => one.command === (command.CLOSE | command.RESPONSE)),
      WAIT,
    );
  });

  it("deduplicates nothing where it has no publisher name", async () => {
    await using server = await FakeStreamServer.start();
    const transport = streamsTransport(options({ publisherName: false }));
    expect(transport.capabilities.deduplication).toBe(false);
    await using lane = await open(server.endpoint, { publisherName: false });
    expect(lane.connection.lastSequence).toBeUndefined();
    await publish(lane.connection, messages(1, 2));
    await publish(lane.connection, messages(1, 2));
    expect(server.streams.get("events")?.stored).toHaveLength(4);
  });
});

describe("a second writer under the same name", () => {
  it("is told of when the stream has more than was sent", async () => {
    await using server = await FakeStreamServer.start();
    const lines: unknown[] = [];
    const log = (fields: object) => lines.push(fields);
    const logger = { debug: log, info: log, warn: log, error: log };
    const transport = streamsTransport(options({ publisherName: "indexer", logger }));
    const first = await transport.connect(server.endpoint, { index: 0 }, never);
    await publish(first, messages(1, 5));
    await first.close(AbortSignal.abort());
    const again = await transport.connect(server.endpoint, { index: 0 }, never);
    expect(lines).toEqual([]);
    await again.close(AbortSignal.abort());
    server.streams.get("events")!.last.set("indexer", 9);
    const third = await transport.connect(server.endpoint, { index: 0 }, never);
    expect([again.problem, third.problem?.code]).toEqual([undefined, "TRANSPORT_SECOND_WRITER"]);
    await third.close(AbortSignal.abort());
    expect(lines).toEqual([{ line: "second_writer", endpoint: server.endpoint.label, lane: 0 }]);
  });
});

describe("a peer that is no broker, or no healthy one", () => {
  it("which offers no PLAIN login is told so", async () => {
    await using server = await FakeStreamServer.start({
      answer: (key, request) =>
        key === command.SASL_HANDSHAKE
          ? frame(key | command.RESPONSE, 1, u32(request.u32()), u16(1), list(["EXTERNAL"], string))
          : undefined,
    });
    await expect(connect(server)).rejects.toMatchObject({ kind: "auth", permanent: true });
  });

  it.each([
    ["an AMQP broker", "AMQP\0\0\x09\x01"],
    ["a web server", "HTTP/1.1 400 Bad Request\r\n\r\n"],
    ["a TLS port", "\x15\x03\x03\0\x02\x02\x46"],
  ])("%s does not speak the stream protocol", async (_, greeting) => {
    const other = createServer((socket) =>
      socket.on("error", () => {}).write(Buffer.from(greeting, "latin1")),
    );
    other.listen(0, "127.0.0.1");
    await once(other, "listening");
    const { port } = other.address() as { port: number };
    const endpoint = {
      scheme: "rabbitmq-stream",
      host: "127.0.0.1",
      port,
      path: "",
      query: {},
      label: "here",
    };
    const connecting = streamsTransport(options()).connect(endpoint, { index: 0 }, never);
    await expect(connecting).rejects.toMatchObject({
      kind: "protocol",
      permanent: true,
      message: expect.stringContaining("5552"),
    });
    other.close();
  });

  it("which falls silent is given up after two heartbeats", async () => {
    await using server = await FakeStreamServer.start();
    await using lane = await open(server.endpoint, { heartbeatMs: 1000 });
    expect(await lane.connection.closed).toMatchObject({ kind: "timeout" });
    expect(server.received.filter((one) => one.command === command.HEARTBEAT).length).toBeGreaterThanOrEqual(
      2,
    );
  });

  it("is taken for dead at once after the process stood still for more than two heartbeats", async () => {
    await using server = await FakeStreamServer.start();
    await using lane = await open(server.endpoint, { heartbeatMs: 1000 });
    // What it said before is read after, and says nothing of what is now.
    for (const connection of server.connections) connection.send(frame(command.HEARTBEAT, 1));
    standStill(2500);
    expect(await lane.connection.closed).toMatchObject({
      kind: "timeout",
      message: expect.stringContaining("the process stood still"),
    });
  }, 20_000);

  it("which answers nothing is given up in time, and where it stuck is said", async () => {
    await using server = await FakeStreamServer.start({ answer: () => "nothing" });
    await expect(connect(server, { connectionTimeoutMs: 1000 })).rejects.toMatchObject({
      kind: "timeout",
      message: expect.stringContaining("the host answers, the broker does not"),
    });
    await vi.waitUntil(() => server.connections.size === 0, WAIT);
  });

  it("is never asked for what its version does not have", async () => {
    for (const [version, asked] of [
      ["3.10.8", false],
      ["3.11.0", true],
    ] as const) {
      await using server = await FakeStreamServer.start({ version });
      await using _lane = await open(server.endpoint);
      expect(server.received.some((one) => one.command === command.EXCHANGE_COMMAND_VERSIONS)).toBe(asked);
    }
  });
});

describe("options", () => {
  const topology = (args: Record<string, unknown>) => ({
    topology: {
      mode: "declare",
      exchanges: [],
      queues: [{ name: "events", arguments: args }],
      bindings: [],
    } as const,
  });

  it.each([
    [topology({ "x-max-age": "banana" }), "queueArguments"],
    [topology({ "x-max-length-bytes": -1 }), "queueArguments"],
    [topology({ "x-message-ttl": 1000 }), "queueArguments"],
    [{ publisherName: "é".repeat(128) }, "publisherName"],
    [{ message: { ...options().message, exchange: "" } }, "stream"],
  ])("that would harm the broker are refused at once: %j", (own, option) => {
    expect(() => streamsTransport(options(own))).toThrow(
      expect.objectContaining({ problems: [expect.objectContaining({ option })] }),
    );
  });
});
