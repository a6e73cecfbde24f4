import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { until } from "@streamll/brokers";
import { BrokerSink } from "@streamll/sink";
import { afterAll, describe, expect, it } from "vitest";
import { redisTransport } from "../src/redis-transport.js";
import { connectReader, readerOf } from "./support/reader.js";
import { startRedis } from "./support/redis-server.js";

const root = fileURLToPath(new URL("../../../", import.meta.url));
const main = fileURLToPath(new URL("../src/main.ts", import.meta.url));

const redis = await startRedis();
const client = await connectReader(redis);
afterAll(async () => {
  client.destroy();
  await redis.close();
});

const password = encodeURIComponent(redis.password);
const url = `redis-streams://:${password}@127.0.0.1:${redis.port}/`;
const tlsUrl = `rediss-streams://:${password}@localhost:${redis.tlsPort}/`;
const transports = [redisTransport];

describe("a sink with the Redis transport", () => {
  it("delivers the events of the example's program, in order", async () => {
    const args = ["--import", "tsx", main, url, "2000"];
    const { stdout } = await promisify(execFile)(process.execPath, args, { cwd: root });
    expect(stdout).toBe("2000 events in the stream, 0 missing\n");
    const numbers = (await readerOf(client, "events")()).map(({ body }) => numberOf(body));
    expect(numbers.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 2000 }, (_, index) => index + 1));
    for (const run of [1, 50, 99]) {
      const ofRun = numbers.filter((number) => number % 100 === run);
      expect(ofRun).toEqual(ofRun.toSorted((a, b) => a - b));
    }
  });

  it.each([
    ["without a password", `redis-streams://127.0.0.1:${redis.port}/`, "AUTH"],
    ["with a wrong password", `redis-streams://:wrong@127.0.0.1:${redis.port}/`, "AUTH"],
    ["with a certificate that it does not trust", tlsUrl, "TLS"],
    ["with a database that is not there", `${url}99`, "TOPOLOGY_CONFLICT"],
  ])("rejects start() %s, and shows no password", async (_how, address, kind) => {
    const sink = new BrokerSink({ url: address, transports, exchange: "refused" });
    const error = await sink.start().catch((error: unknown) => error);
    await sink.stop();
    expect(error).toMatchObject({ code: `TRANSPORT_${kind}`, permanent: true });
    expect(String(error)).not.toContain("wrong@");
    expect(String(error)).not.toContain(password);
  });

  it("rejects start() for a key that is no stream", async () => {
    await client.set("text", "");
    const sink = new BrokerSink({ url, transports, exchange: "text" });
    await expect(sink.start()).rejects.toThrow("WRONGTYPE");
    await sink.stop();
  });

  it("writes over TLS into the database of its URL", async () => {
    const tls = { ca: redis.ca };
    const sink = new BrokerSink({ url: `${tlsUrl}1`, tls, transports, exchange: "of database 1" });
    sink.handleEvent({ eventType: "start", operation: "answer" });
    expect(await sink.stop()).toMatchObject({ sent: 1 });
    expect(await client.xLen("of database 1")).toBe(0);
    await client.select(1);
    expect(await client.xLen("of database 1")).toBe(1);
    await client.select(0);
  });

  it("holds its events while Redis is full, and delivers all of them once it has room", async () => {
    const sink = new BrokerSink({ url, transports, exchange: "full", retryBackoffMs: 500 });
    await sink.start();
    await client.configSet("maxmemory", "1");
    for (let number = 0; number < 500; number++) emit(sink, number);
    // What is in flight when there is room again would overtake what was refused.
    const isRefused = () => sink.health().blocked !== undefined && sink.stats().events_in_flight === 0;
    await until(isRefused, "the refusal of everything in flight");
    expect(await client.xLen("full")).toBe(0);
    await client.configSet("maxmemory", "0");
    expect(await sink.stop()).toMatchObject({ sent: 500, failed: 0 });
    const numbers = (await readerOf(client, "full")()).map(({ body }) => numberOf(body));
    expect(numbers).toEqual(Array.from({ length: 500 }, (_, index) => index));
  });

  it("lets Redis remove the oldest entries beyond maxLength", async () => {
    const sink = new BrokerSink({ url, transports, exchange: "short", maxLength: 100 });
    for (let number = 0; number < 1000; number++) emit(sink, number);
    expect(await sink.stop()).toMatchObject({ sent: 1000 });
    const numbers = (await readerOf(client, "short")()).map(({ body }) => numberOf(body));
    // Redis removes a node of 100 entries at a time.
    expect(numbers.length).toBeGreaterThanOrEqual(100);
    expect(numbers.length).toBeLessThanOrEqual(200);
    expect(numbers.at(-1)).toBe(999);
  });

  it("tells Redis its new password on the same connection before the old one expires", async () => {
    let asked = 0;
    const credentials = () => {
      asked++;
      return { password: redis.password, expiresAt: new Date(Date.now() + 1000) };
    };
    const address = `redis-streams://127.0.0.1:${redis.port}/`;
    const sink = new BrokerSink({ url: address, transports, exchange: "renewed", credentials });
    await sink.start();
    await until(() => asked >= 3, "the third password");
    expect(sink.stats()).toMatchObject({ connections_open: 1, reconnects: 0 });
    emit(sink, 1);
    expect(await sink.stop()).toMatchObject({ sent: 1 });
  });
});

function emit(sink: BrokerSink, number: number): void {
  const event = { executionId: "run", eventType: "token", operation: "answer", data: { number } };
  if (!sink.handleEvent(event)) throw new Error(`event ${number} was rejected`);
}

const numberOf = (body: Uint8Array): number =>
  (JSON.parse(Buffer.from(body).toString()) as { data: { number: number } }).data.number;
