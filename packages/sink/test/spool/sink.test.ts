import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it, vi } from "vitest";
import { RabbitMQSink } from "../../src/index.js";
import { foldersIn } from "../../src/spool/folder.js";
import { onMemory } from "../on-memory.js";
import { problemsOf } from "../problems.js";

let directory: string;
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), "spool-"));
});
afterAll(() => rmSync(directory, { recursive: true, force: true }));

const nowhere = "amqp://127.0.0.1:1/";
const lockIn = (folder: string) => readdirSync(folder).find((name) => name.startsWith("lock-"));
const event = (n: number) => ({ eventType: "token", executionId: "one", data: { n } });

it("a sink keeps its events on disk, and the next one delivers them, in order", async () => {
  const first = new RabbitMQSink({
    amqpUrl: nowhere,
    spool: directory,
    flushTimeout: 0.2,
    maxBufferedEvents: 10,
  });
  await first.start();
  for (let n = 0; n < 500; n++) expect(first.handleEvent(event(n))).toBe(true);
  await first.spooled();
  expect(first.health()).toMatchObject({ pending: 10, spooled: 490 });
  expect(await first.stop()).toMatchObject({ sent: 0, failed: 0, pending: 0, spooled: 500 });

  const { sink, arrived } = onMemory({ spool: directory });
  await sink.start();
  expect(sink.handleEvent(event(500))).toBe(true);
  expect(await sink.flush()).toMatchObject({ sent: 501, pending: 0, spooled: 0 });
  const numbers = arrived().map(
    ({ body }) => (JSON.parse(body.toString()) as { data: { n: number } }).data.n,
  );
  expect(numbers).toEqual(Array.from({ length: 501 }, (_, n) => n));
  await sink.stop();
  expect(readdirSync(directory)).toEqual([]);
});

it("a sink leaves alone what another one has left for another exchange", async () => {
  const left = new RabbitMQSink({ amqpUrl: nowhere, exchange: "audit", spool: directory, flushTimeout: 0.2 });
  await left.start();
  expect(left.handleEvent(event(1))).toBe(true);
  expect(await left.stop()).toMatchObject({ spooled: 1 });

  const other = onMemory({ spool: directory });
  await other.sink.start();
  expect(foldersIn(directory)).toHaveLength(2);
  await other.sink.stop();
  expect(other.arrived()).toEqual([]);

  const next = onMemory({ exchange: "audit", queue: "audit", spool: directory });
  await next.sink.start();
  await next.sink.stop();
  expect(next.types("audit")).toEqual(["token"]);
  expect(readdirSync(directory)).toEqual([]);
});

it('a sink with mode: "overflow" writes nothing while the broker is there, and what is left when it stops', async () => {
  const spool = { directory, mode: "overflow" } as const;
  const { sink, arrived } = onMemory({ spool });
  await sink.start();
  for (let n = 0; n < 100; n++) sink.handleEvent(event(n));
  expect(await sink.flush()).toMatchObject({ sent: 100 });
  const [folder] = foldersIn(directory);
  expect(readdirSync(folder!).filter((name) => name.includes(".v1."))).toEqual([]);
  await sink.stop();
  expect(arrived()).toHaveLength(100);

  const first = new RabbitMQSink({ amqpUrl: nowhere, spool, flushTimeout: 0.2, maxBufferedEvents: 50 });
  await first.start();
  for (let n = 0; n < 200; n++) expect(first.handleEvent(event(n))).toBe(true);
  expect(await first.stop()).toMatchObject({ failed: 0, spooled: 200 });
  const next = onMemory({ spool });
  await next.sink.start();
  expect(await next.sink.stop()).toMatchObject({ sent: 200, spooled: 0 });
  const numbers = next
    .arrived()
    .map(({ body }) => (JSON.parse(body.toString()) as { data: { n: number } }).data.n);
  expect(numbers).toEqual(Array.from({ length: 200 }, (_, n) => n));
  expect(readdirSync(directory)).toEqual([]);
});

it("sinks in one directory do not disturb each other", async () => {
  const sinks = [1, 2, 3].map(() => onMemory({ spool: { directory, fsync: "always" } }));
  for (const { sink } of sinks) for (let n = 0; n < 20; n++) sink.handleEvent(event(n));
  await Promise.all(sinks.map(({ sink }) => sink.spooled()));
  const reports = await Promise.all(sinks.map(({ sink }) => sink.stop()));
  expect(reports.map(({ sent }) => sent)).toEqual([20, 20, 20]);
  expect(readdirSync(directory)).toEqual([]);
});

it("a directory that is a file fails start(), and refuses events, where it is required", async () => {
  const file = join(directory, "file");
  writeFileSync(file, "");
  const { sink } = onMemory({ spool: file });
  await expect(sink.start()).rejects.toMatchObject({
    code: "SPOOL_UNWRITABLE",
    message: expect.stringContaining(`${file} is no directory`),
  });
  expect(sink.handleEvent(event(1))).toBe(false);
  await sink.stop();

  const careless = onMemory({ spool: { directory: file, required: false } });
  await careless.sink.start();
  expect(careless.sink.handleEvent(event(1))).toBe(true);
  expect(await careless.sink.stop()).toMatchObject({ sent: 1 });
  rmSync(file);
});

it("spooled() says what to write where there is no spool", async () => {
  const { sink } = onMemory();
  await expect(sink.spooled()).rejects.toThrow('set the option spool, for example spool: "./spool"');
  await sink.stop();
});

it("stop() does not wait for the broker while it delivers what another program has left", async () => {
  const shared = mkdtempSync(join(tmpdir(), "spool-"));
  vi.useFakeTimers({ toFake: ["setInterval"] });
  try {
    const options = { amqpUrl: nowhere, spool: shared, flushTimeout: 0.2 };
    const waiting = new RabbitMQSink({ ...options, waitForBroker: true });
    const started = expect(waiting.start()).rejects.toMatchObject({ code: "STOPPED" });
    await waiting.spooled();
    const other = new RabbitMQSink(options);
    await other.start();
    other.handleEvent(event(1));
    expect(await other.stop()).toMatchObject({ spooled: 1 });
    const locks = () => foldersIn(shared).filter((folder) => lockIn(folder)).length;
    expect(locks()).toBe(1);
    vi.advanceTimersByTime(10_000);
    await vi.waitUntil(() => locks() === 2, { timeout: 20_000, interval: 5 });
    await waiting.stop();
    await started;
    expect(locks()).toBe(0);
    expect(foldersIn(shared)).toHaveLength(1);
  } finally {
    vi.useRealTimers();
    rmSync(shared, { recursive: true });
  }
});

it("says what is wrong with the option", () => {
  expect(problemsOf({ useStreams: true, publisherName: "me", spool: "d" })).toEqual([
    "publisherName: leave this out with spool: each folder of the spool has a name of its own",
  ]);
  expect(problemsOf({ spool: 7 })[0]).toContain("spool: must be a directory or an object with directory");
  expect(problemsOf({ spool: {} })[0]).toContain("spool: directory must be");
  expect(problemsOf({ spool: { directory: "d", size: 1 } })[0]).toContain('unknown key "size"');
  expect(problemsOf({ spool: { directory: "d", maxBytes: "1MiB" } })[0]).toContain(
    "maxBytes must be 16MiB to",
  );
  expect(problemsOf({ spool: { directory: "d", fsync: "often" } })[0]).toContain(
    'fsync must be one of "interval"',
  );
  expect(problemsOf({ spool: { directory: "d", mode: "sometimes" } })[0]).toContain(
    'mode must be one of "write-ahead"',
  );
  expect(problemsOf({ spool: { directory: "d", mode: "overflow", maxBytes: "100MiB" } })).toEqual([
    `spool: maxBytes must be at least twice maxBufferedBytes, ${64 * 2 ** 20} bytes, with mode "overflow"`,
  ]);
  expect(problemsOf({ spool: { directory: "d", maxBytes: "16MiB" }, maxEventBytes: "4MiB" })[0]).toContain(
    "8 times",
  );
});
