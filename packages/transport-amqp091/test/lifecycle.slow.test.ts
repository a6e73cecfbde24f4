import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { closeConnection, connectionsOf } from "@streamll/brokers";
import type { Endpoint } from "@streamll/core";
import { proxyTo } from "@streamll/transport-testkit";
import { describe, expect, it, vi } from "vitest";
import { open, publish, scratch, WAIT, writers } from "./support/lane.js";
import { brokers, listed } from "./support/live.js";
import { message, messages, outcomes } from "./support/message.js";

describe.each(brokers)("a connection to RabbitMQ $generation", (broker) => {
  it("tells when the broker blocks it and why, and when it goes on", { skip: !broker.owned }, async () => {
    await using bench = await scratch(broker.endpoint);
    await using lane = await open(broker.endpoint, bench.own);
    expect(lane.flows).toEqual([{ credit: Number.POSITIVE_INFINITY }]);
    await broker.ctl("set_vm_memory_high_watermark", "0.00001");
    const record = outcomes(1);
    try {
      // RabbitMQ says it to publishers alone, once they publish.
      lane.connection.publish([message()], record.settle);
      await vi.waitUntil(() => lane.flows.length > 1, WAIT);
      expect(lane.flows.at(-1)).toMatchObject({ credit: 0, blocked: expect.stringContaining("memory") });
    } finally {
      await broker.ctl("set_vm_memory_high_watermark", "0.6");
    }
    await vi.waitUntil(() => record.open() === 0, WAIT);
    expect(lane.flows.at(-1)).toEqual({ credit: Number.POSITIVE_INFINITY });
  });

  it("closes at once while the broker blocks it", { skip: !broker.owned }, async () => {
    const { connection, flows } = await open(broker.endpoint);
    await broker.ctl("set_vm_memory_high_watermark", "0.00001");
    try {
      connection.publish([message({ routingKey: "nowhere" })], outcomes(1).settle);
      await vi.waitUntil(() => flows.length > 1, WAIT);
      await connection.close(new AbortController().signal);
      expect(await connection.closed).toBeUndefined();
    } finally {
      await broker.ctl("set_vm_memory_high_watermark", "0.6");
    }
  });

  it.each(writers)("takes no more while the network takes nothing, written %s", async (_, writerOf) => {
    await using bench = await scratch(broker.endpoint);
    await using proxy = await proxyTo(broker.endpoint);
    await using lane = await open(proxy.endpoint, bench.own, writerOf);
    const { connection, flows } = lane;
    await publish(connection, messages(1));
    const credit = () => flows.at(-1)?.credit;
    proxy.stopReading();
    const records: ReturnType<typeof outcomes>[] = [];
    while (credit() !== 0) {
      const record = outcomes(10);
      records.push(record);
      connection.publish(messages(10, { body: Buffer.alloc(50_000, "x") }), record.settle);
      await new Promise(setImmediate);
    }
    const drained = connection.drainedBytes?.() ?? Number.NaN;
    proxy.resumeReading();
    await vi.waitUntil(() => credit() !== 0, WAIT);
    expect(connection.drainedBytes?.()).toBeGreaterThan(drained);
    await vi.waitUntil(() => records.every(({ open }) => open() === 0), WAIT);
  });

  it("ends with the broker's reason when the broker shuts it", { skip: !broker.owned }, async () => {
    const connectionName = `shut-${Math.random()}`;
    const { connection } = await open(broker.endpoint, { connectionName });
    await closeConnection(broker, await listed(broker, connectionName), "maintenance");
    expect(await connection.closed).toMatchObject({
      kind: "unreachable",
      permanent: false,
      message: expect.stringContaining("maintenance"),
    });
  });

  it("ends when the link is reset, and leaves what was in flight open", async () => {
    await using bench = await scratch(broker.endpoint);
    await using proxy = await proxyTo(broker.endpoint);
    const { connection } = await open(proxy.endpoint, bench.own);
    proxy.goSilent();
    const record = outcomes(5);
    connection.publish(messages(5), record.settle);
    proxy.reset();
    expect(await connection.closed).toMatchObject({ kind: "unreachable", permanent: false });
    expect(record.open()).toBe(5);
  });

  it("goes down with its channel, and leaves no socket", async () => {
    await using proxy = await proxyTo(broker.endpoint);
    const { connection } = await open(proxy.endpoint);
    connection.publish([message({ exchange: "no-such-exchange" })], outcomes(1).settle);
    expect(await connection.closed).toMatchObject({ kind: "not-found" });
    await vi.waitUntil(() => proxy.connections === 0, WAIT);
  });

  it("names a message over the broker's limit as too large", async () => {
    const { connection } = await open(broker.endpoint);
    const body = Buffer.alloc(broker.generation.startsWith("3.") ? 135_000_000 : 17_000_000);
    connection.publish([message({ body })], outcomes(1).settle);
    expect(await connection.closed).toMatchObject({ kind: "too-large", permanent: true });
  });

  it("notices a peer that died without a word", async () => {
    await using proxy = await proxyTo(broker.endpoint);
    const { connection } = await open(proxy.endpoint, { heartbeatMs: 1000 });
    proxy.goSilent();
    expect(await connection.closed).toMatchObject({ kind: "timeout", permanent: false });
    await vi.waitUntil(() => proxy.connections === 0, WAIT);
  });

  it("to a dead peer is closed when the signal says so, without a socket left", async () => {
    await using proxy = await proxyTo(broker.endpoint);
    const { connection } = await open(proxy.endpoint);
    proxy.goSilent();
    const begin = performance.now();
    await connection.close(AbortSignal.timeout(100));
    // The heartbeat would notice it after ten seconds.
    expect(performance.now() - begin).toBeLessThan(8000);
    expect(await connection.closed).toBeUndefined();
    await vi.waitUntil(() => proxy.connections === 0, WAIT);
  });

  it("is given up at once when the signal has aborted before", async () => {
    const { connection } = await open(broker.endpoint);
    await connection.close(AbortSignal.abort());
    expect(await connection.closed).toBeUndefined();
  });

  it("is closed by the broker's books too", { skip: !broker.owned }, async () => {
    const connectionName = `bye-${Math.random()}`;
    const { connection } = await open(broker.endpoint, { connectionName });
    const { name } = await listed(broker, connectionName);
    await connection.close(AbortSignal.timeout(5000));
    await vi.waitUntil(async () => (await connectionsOf(broker)).every((one) => one.name !== name), WAIT);
  });

  describe("with a password that expires", () => {
    it("asks for the next one in time, and goes on", async () => {
      await using bench = await scratch(broker.endpoint);
      let asked = 0;
      const credentials = () => {
        asked++;
        return {
          username: "guest",
          password: "guest",
          expiresAt: new Date(Date.now() + (asked < 3 ? 1250 : 1e9)),
        };
      };
      await using lane = await open(broker.endpoint, { ...bench.own, credentials });
      await vi.waitUntil(() => asked === 3, WAIT);
      expect(await publish(lane.connection, [message()])).toEqual([{ kind: "confirmed" }]);
    });

    it("ends when no other can be had", async () => {
      let asked = 0;
      const credentials = () => {
        if (++asked > 1) throw new Error("no token");
        return { username: "guest", password: "guest", expiresAt: new Date(Date.now() + 1000) };
      };
      const { connection } = await open(broker.endpoint, { credentials });
      expect(await connection.closed).toMatchObject({ kind: "auth" });
    });

    it("ends when the broker does not take the next one in time", async () => {
      await using proxy = await proxyTo(broker.endpoint);
      let asked = 0;
      const credentials = () => {
        if (++asked > 1) proxy.goSilent();
        return { username: "guest", password: "guest", expiresAt: new Date(Date.now() + 1000) };
      };
      const { connection } = await open(proxy.endpoint, { credentials, connectionTimeoutMs: 1000 });
      expect(await connection.closed).toMatchObject({
        kind: "auth",
        message: expect.stringContaining("no new password within 1000 ms"),
      });
    });
  });

  describe("in a process of its own", () => {
    const run = async (scenario: string, endpoint: Endpoint) => {
      const script = fileURLToPath(new URL("./support/process.ts", import.meta.url));
      const args = [
        "--unhandled-rejections=strict",
        "--import",
        "tsx",
        script,
        scenario,
        JSON.stringify(endpoint),
      ];
      const tsconfig = fileURLToPath(new URL("../../../tsconfig.json", import.meta.url));
      const child = spawn(process.execPath, args, { env: { ...process.env, TSX_TSCONFIG_PATH: tsconfig } });
      let output = "";
      for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk) => (output += chunk));
      const [code] = await once(child, "close");
      return { code, output };
    };

    it("does not hold it while idle", async () => {
      expect(await run("idle", broker.endpoint)).toEqual({ code: 0, output: "connected\n" });
    });

    it("does not hold it over TLS either", { skip: !broker.owned }, async () => {
      expect(await run("idle-tls", broker.tls)).toEqual({ code: 0, output: "connected\n" });
    });

    it("raises nothing in the host, however it ends", async () => {
      expect(await run("ends", broker.endpoint)).toEqual({
        code: 0,
        output: "not-found protocol undefined undefined\n",
      });
    });
  });
});
