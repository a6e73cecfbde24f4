import { subscribe, unsubscribe } from "node:diagnostics_channel";
import type { Socket } from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import { type Endpoint, TransportError } from "@streamll/core";
import { connectWithin } from "@streamll/transport-kit";
import { describe, expect, it, vi } from "vitest";
import { amqp091Transport } from "../src/index.js";
import { destroy } from "../src/lifetime.js";
import { openConnection } from "../src/open.js";
import { wireOf } from "../src/wire.js";
import { message, options, outcomes } from "./support/message.js";
import { mute } from "./support/mute.js";
import { hangingPeer } from "./support/peer.js";

const connect = (endpoint: Endpoint, signal: AbortSignal, own = {}) =>
  amqp091Transport
    .create(options({ connectionTimeoutMs: 5000, ...own }))
    .connect(endpoint, { index: 0 }, signal);
const never = new AbortController().signal;

describe.each([
  ["plain", {}],
  ["TLS", { tls: {} }],
])("a server that accepts and says nothing, over %s", (_, own) => {
  it("leaves no socket behind when connecting is given up", async () => {
    await using server = await mute();
    const giveUp = new AbortController();
    const connecting = connect(server.endpoint, giveUp.signal, own);
    await vi.waitUntil(() => server.sockets.size === 1, { timeout: 20_000 });
    giveUp.abort();
    await expect(connecting).rejects.toMatchObject({ kind: "unreachable", permanent: false });
    await vi.waitUntil(() => server.sockets.size === 0, { timeout: 20_000 });
  });

  it("is left when the time for connecting is over, and the error says how far it came", async () => {
    await using server = await mute();
    const connecting = connect(server.endpoint, never, { ...own, connectionTimeoutMs: 100 });
    await expect(connecting).rejects.toMatchObject({
      kind: "timeout",
      message: expect.stringContaining("the host answers, the broker does not"),
    });
    await vi.waitUntil(() => server.sockets.size === 0, { timeout: 20_000 });
  });
});

describe("connecting", () => {
  it("does not begin when it is given up beforehand", async () => {
    await using server = await mute();
    await expect(connect(server.endpoint, AbortSignal.abort())).rejects.toMatchObject({
      kind: "unreachable",
    });
    await vi.waitUntil(() => server.sockets.size === 0, { timeout: 20_000 });
  });

  it("waits for credentials no longer than the time for connecting", async () => {
    await using server = await mute();
    const own = { connectionTimeoutMs: 50, credentials: () => delay(60_000, undefined, { ref: false }) };
    await expect(connect(server.endpoint, never, own)).rejects.toMatchObject({ kind: "timeout" });
    expect(server.sockets.size).toBe(0);
  });

  it("to what speaks another protocol says so", async () => {
    await using server = await mute("HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n");
    await expect(connect(server.endpoint, never)).rejects.toMatchObject({
      kind: "protocol",
      permanent: true,
    });
  });

  it("to what wants AMQP 1.0 says so", async () => {
    await using server = await mute("AMQP\0\x01\0\0");
    await expect(connect(server.endpoint, never)).rejects.toMatchObject({
      kind: "protocol",
      permanent: true,
    });
  });

  it("reports a credentials function that throws, without its words", async () => {
    await using server = await mute();
    const credentials = () => {
      throw new Error("token abc123");
    };
    const error = await connect(server.endpoint, never, { credentials }).catch((reason) => reason);
    expect(error).toMatchObject({ kind: "auth", permanent: false });
    expect(error.message).not.toContain("abc123");
  });

  it("passes on what a credentials function says by an error of its own, and names the address", async () => {
    await using server = await mute();
    const given = new TransportError("auth", "the vault is sealed", { permanent: true });
    const credentials = () => {
      throw given;
    };
    await expect(connect(server.endpoint, never, { credentials })).rejects.toMatchObject({
      ...{ kind: "auth", permanent: true, cause: given },
      message: `${server.endpoint.label}: the vault is sealed`,
    });
  });

  it.each<[string, unknown]>([
    ["no password", undefined],
    ["no password", { username: "x" }],
    ["a username that is no string", { username: 7, password: "hunter2" }],
    ["an expiresAt that is no valid Date", { password: "hunter2", expiresAt: Date.now() + 60_000 }],
    ["an expiresAt that is no valid Date", { password: "hunter2", expiresAt: new Date(Number.NaN) }],
  ])("refuses for good a credentials function that gives %s: %o", async (fault, given) => {
    await using server = await mute();
    const connecting = connect(server.endpoint, never, { credentials: () => given });
    const error = await connecting.catch((reason) => reason);
    expect(error).toMatchObject({ kind: "auth", permanent: true });
    expect(error.message).toContain(`the credentials function gave ${fault}`);
    expect(error.message).not.toContain("hunter2");
    expect(server.sockets.size).toBe(0);
  });

  it("refuses a NUL in a password, which PLAIN would cut there", async () => {
    await using server = await mute();
    const endpoint = { ...server.endpoint, username: "a", password: "b\0c" };
    await expect(connect(endpoint, never)).rejects.toMatchObject({ kind: "auth", permanent: true });
  });
});

describe("a broker that hangs, and goes on with its heartbeats", () => {
  it("holds no process from the handshake on, before anything is declared", async () => {
    await using peer = await hangingPeer(1);
    const { endpoint } = peer;
    const whole = {
      label: "here",
      timeoutMs: 5000,
      signal: never,
      failure: (error: unknown) => error as Error,
    };
    const model = await connectWithin(whole, (attempt) =>
      openConnection({
        endpoint,
        connectionName: "here",
        options: options({ heartbeatMs: 1000 }),
        login: { mechanism: "PLAIN", username: "guest", password: "guest" },
        attempt,
      }),
    );
    const { stream, heartbeater } = wireOf(model);
    expect(heartbeater?.sendTimer?.hasRef()).toBe(false);
    expect(heartbeater?.recvTimer?.hasRef()).toBe(false);
    destroy(stream);
  });

  it("takes what was published, and then no byte: the heartbeats of this side are no progress", async () => {
    await using peer = await hangingPeer(1);
    const connection = await connect(peer.endpoint, never, { heartbeatMs: 1000 });
    connection.publish([message()], outcomes(1).settle);
    await vi.waitUntil(() => peer.published === 1, { timeout: 20_000 });
    const drained = connection.drainedBytes?.();
    expect(drained).toBeGreaterThan(0);
    const { heartbeats } = peer;
    await vi.waitUntil(() => peer.heartbeats > heartbeats, { timeout: 10_000 });
    expect(connection.drainedBytes?.()).toBe(drained);
    connection.publish([message()], outcomes(1).settle);
    await vi.waitUntil(() => peer.published === 2, { timeout: 20_000 });
    expect(connection.drainedBytes?.()).toBeGreaterThan(drained!);
    await connection.close(AbortSignal.abort());
  });
});

it("a connection is taken for dead at once after the process stood still for more than two heartbeats", async () => {
  await using peer = await hangingPeer(1);
  const connection = await connect(peer.endpoint, never, { heartbeatMs: 1000 });
  // As SIGSTOP does, or a host that is frozen.
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 2500);
  expect(await connection.closed).toMatchObject({
    kind: "timeout",
    message: expect.stringContaining("the process stood still"),
  });
  await connection.close(AbortSignal.abort());
}, 20_000);

describe("a connect that is given up", () => {
  const ways: Record<string, (step: () => void) => unknown> = {
    "at once": (step) => step(),
    "in the next tick": (step) => process.nextTick(step),
    "in the tick after it": (step) => process.nextTick(() => process.nextTick(step)),
    "in a microtask": (step) => queueMicrotask(step),
    "in the next turn": (step) => setImmediate(step),
  };
  it.each(Object.entries(ways))(
    "%s, once more has come in, throws nothing into the host",
    async (_when, way) => {
      const thrown = vi.fn();
      process.on("uncaughtExceptionMonitor", thrown);
      await using peer = await hangingPeer(1);
      let aborted = 0;
      for (let nth = 1; nth <= 4; nth++) {
        const giveUp = new AbortController();
        let came = 0;
        const announced = (message: unknown) => {
          const { socket } = message as { socket: Socket };
          socket.on("readable", () => ++came === nth && way(() => giveUp.abort()));
        };
        subscribe("net.client.socket", announced);
        const connecting = connect(peer.endpoint, giveUp.signal, { heartbeatMs: 1000 });
        const connection = await connecting.catch(() => undefined);
        unsubscribe("net.client.socket", announced);
        if (connection === undefined) aborted++;
        await connection?.close(AbortSignal.abort());
        await new Promise((resolve) => setTimeout(resolve, 10));
      }
      process.off("uncaughtExceptionMonitor", thrown);
      expect(aborted).toBeGreaterThan(0);
      expect(thrown).not.toHaveBeenCalled();
    },
  );
});

describe("options", () => {
  it("that AMQP 0-9-1 cannot honour are refused together", () => {
    const message = { ...options().message, exchange: "x".repeat(256), priority: 300, expirationMs: -1 };
    expect(() => amqp091Transport.create(options({ message }))).toThrow(
      expect.objectContaining({
        code: "CONFIGURATION",
        problems: [
          expect.objectContaining({ option: "exchange" }),
          expect.objectContaining({ option: "queuePriority" }),
          expect.objectContaining({ option: "messageTtl" }),
        ],
      }),
    );
  });
});
