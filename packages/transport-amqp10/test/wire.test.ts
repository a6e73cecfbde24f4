import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { type AddressInfo, createServer, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Endpoint, TransportOptions } from "@streamll/core";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { LaneConnection } from "../src/connection.js";
import { amqp10 } from "../src/transport.js";
import { open, publish, WAIT } from "./support/connect.js";
import { plainDialect } from "./support/dialect.js";
import { messages, options, outcomes } from "./support/options.js";
import { startPeer } from "./support/peer.js";

const firstAddress = "streamll.start.search";
const lane = (endpoint: Endpoint, own: Partial<TransportOptions> = {}) =>
  open(endpoint, {}, amqp10(options(own), plainDialect({ firstAddress })));

/** Something that takes connections and does what a test says, which may be nothing. */
async function listener(talk: (socket: Socket) => void = () => {}) {
  const sockets: Socket[] = [];
  const server = createServer((socket) => {
    sockets.push(socket.unref());
    socket.on("error", () => {});
    talk(socket);
  }).unref();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  const endpoint: Endpoint = {
    scheme: "amqp",
    host: "127.0.0.1",
    port,
    path: "",
    query: {},
    label: "amqp://here",
  };
  return {
    endpoint,
    sockets,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

describe("a connection", () => {
  const console_ = ["log", "info", "warn", "error", "trace"] as const;
  beforeEach(() => {
    for (const name of console_) vi.spyOn(console, name).mockImplementation(() => {});
  });
  afterEach(() => {
    const written = console_.flatMap((name) => vi.mocked(console[name]).mock.calls);
    vi.restoreAllMocks();
    expect(written).toEqual([]);
  });

  it("logs in by the mechanism that it was told, whatever the broker prefers, and in UTF-8", async () => {
    await using peer = await startPeer({ mechanisms: ["ANONYMOUS", "PLAIN"] });
    await using _open = await lane(peer.endpoint);
    expect(peer.logins).toEqual([["user", "päss"]]);
  });

  it("says so where the broker does not offer it", async () => {
    await using peer = await startPeer({ mechanisms: ["ANONYMOUS"] });
    const error = await lane(peer.endpoint).catch((reason: Error) => reason);
    expect(error).toMatchObject({ message: expect.stringContaining("server supports ANONYMOUS") });
    expect(String(error)).toContain("login");
  });

  it("names itself, and asks to hear of the broker", async () => {
    await using peer = await startPeer();
    await using _open = await lane(peer.endpoint, { heartbeatMs: 7000, connectionName: "app@host" });
    const [connection] = peer.connections;
    expect(connection).toMatchObject({ container_id: "app@host#0", idle_time_out: 7000, hostname: "plain" });
    expect(connection!.properties).toMatchObject({ product: "streamll", connection_name: "app@host#0" });
  });

  it("reads no connect.json of the folder that the program runs in", async () => {
    const folder = await mkdtemp(join(tmpdir(), "streamll-"));
    const before = process.cwd();
    await writeFile(join(folder, "connect.json"), "this is no JSON");
    process.chdir(folder);
    try {
      await using peer = await startPeer();
      await using _open = await lane(peer.endpoint);
    } finally {
      process.chdir(before);
      await rm(folder, { recursive: true });
    }
  });

  it("ends when the broker drops it, gives nothing an outcome, and never connects again by itself", async () => {
    await using peer = await startPeer();
    await using open = await lane(peer.endpoint);
    const record = outcomes(5);
    open.connection.publish(messages(5), record.settle);
    await vi.waitUntil(() => peer.received.length === 5, WAIT);
    peer.sockets[0]!.resetAndDestroy();
    expect(await open.connection.closed).toMatchObject({ name: "TransportError" });
    expect(record.open()).toBe(5);
    const { rhea } = (open.connection as LaneConnection).open;
    await vi.waitUntil(() => !rhea.is_open(), WAIT);
    expect(rhea.scheduled_reconnect).toBeUndefined();
  });

  it("ends with the broker's reason when that closes it", async () => {
    await using peer = await startPeer();
    await using open = await lane(peer.endpoint);
    peer.connections[0]!.close({ condition: "amqp:connection:forced", description: "maintenance" });
    expect((await open.connection.closed)?.message).toContain("amqp:connection:forced: maintenance");
  });

  it("is given up when the broker is silent for twice as long as it may be", async () => {
    await using peer = await startPeer();
    await using open = await lane(peer.endpoint, { heartbeatMs: 50 });
    peer.sockets[0]!.pause();
    clearTimeout(peer.connections[0]!.heartbeat_out);
    expect((await open.connection.closed)?.message).toContain("nothing was heard of the broker");
  });

  it("is taken for dead at once after the process stood still for more than two heartbeats", async () => {
    await using peer = await startPeer();
    await using open = await lane(peer.endpoint, { heartbeatMs: 1000 });
    // As SIGSTOP does, or a host that is frozen.
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 2500);
    expect(await open.connection.closed).toMatchObject({
      kind: "timeout",
      message: expect.stringContaining("the process stood still"),
    });
  }, 20_000);

  it("lives on while neither side has anything to say, by heartbeats of both", async () => {
    await using peer = await startPeer({ idleTimeoutMs: 500, answer: ({ delivery }) => delivery!.accept() });
    await using open = await lane(peer.endpoint, { heartbeatMs: 500 });
    const [connection] = peer.connections;
    // Its own patience would end with any stall of this process, which both share.
    connection!.local.open.idle_time_out = undefined;
    clearTimeout(connection!.heartbeat_in);
    const bytes = () => peer.sockets[0]!.bytesRead;
    const before = bytes();
    await vi.waitUntil(() => bytes() >= before + 6 * 8, WAIT);
    expect(await publish(open.connection, messages(1))).toEqual([{ kind: "confirmed" }]);
    expect(peer.connections).toHaveLength(1);
  });

  it("is given up in time when the other end takes the connection and says nothing", async () => {
    await using mute = await listener((socket) => socket.resume());
    const error = await lane(mute.endpoint, { connectionTimeoutMs: 100 }).catch((reason: Error) => reason);
    expect(error).toMatchObject({ kind: "timeout", message: expect.stringContaining("the host answers") });
    await vi.waitUntil(() => mute.sockets.every((socket) => socket.destroyed || socket.readableEnded), WAIT);
  });

  it.each([
    ["HTTP", "HTTP/1.1 400 Bad Request\r\n\r\n"],
    ["AMQP 0-9-1", "AMQP\0\0\x09\x01"],
    ["garbage after the header", "AMQP\x03\x01\0\0\0\0\0\x09\x02\x07\0\0\0\0\0"],
  ])("rejects, and throws nothing into the program, when the other end speaks %s", async (_, text) => {
    await using other = await listener((socket) => socket.end(Buffer.from(text, "latin1")));
    const error = await lane(other.endpoint).catch((reason: Error) => reason);
    expect(error).toMatchObject({ name: "TransportError" });
  });

  it("takes nothing more while the network does not take what was written", async () => {
    await using peer = await startPeer({ answer: ({ delivery }) => delivery!.accept() });
    await using open = await lane(peer.endpoint);
    await vi.waitUntil(() => open.flows.at(-1)!.credit > 0, WAIT);
    peer.sockets[0]!.pause();
    const body = Buffer.alloc(200_000);
    const record = outcomes(40);
    for (let i = 0; i < 40; i++)
      open.connection.publish(messages(1, { body }), (_from, _to, outcome) =>
        record.settle(i, i + 1, outcome),
      );
    await vi.waitUntil(() => open.flows.at(-1)!.credit === 0, WAIT);
    const stuck = open.connection.drainedBytes!();
    peer.sockets[0]!.resume();
    await vi.waitUntil(() => record.open() === 0, WAIT);
    expect(open.flows.at(-1)!.credit).toBeGreaterThan(0);
    expect(open.connection.drainedBytes!()).toBeGreaterThan(Math.max(stuck, 40 * 200_000));
  });

  it("ends when a listener of outcomes throws, and lets nothing out into the program", async () => {
    await using peer = await startPeer({ answer: ({ delivery }) => delivery!.accept() });
    await using open = await lane(peer.endpoint);
    open.connection.publish(messages(2), () => {
      throw new Error("from a listener");
    });
    expect((await open.connection.closed)?.message).toContain("from a listener");
  });
});
