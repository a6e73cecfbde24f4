import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it, vi } from "vitest";
import { RabbitMQSink } from "../../src/index.js";
import { onMemory } from "../on-memory.js";
import { sdk2 } from "./on-2.js";

const nowhere = "amqp://127.0.0.1:1/";

async function valuesOf(sdk: ReturnType<typeof sdk2>): Promise<Record<string, unknown>> {
  await sdk.meterProvider.forceFlush();
  const metrics = sdk.metrics().flatMap((scope) => scope.metrics);
  const spool = metrics.filter(({ descriptor: { name } }) => name.includes("spool"));
  return Object.fromEntries(
    spool.map(({ descriptor: { name, unit }, dataPoints }) => [`${name} ${unit}`, dataPoints[0]?.value]),
  );
}

it("a sink with a spool exports what is on the disk, its bytes, and the folders that others have left", async () => {
  const directory = mkdtempSync(join(tmpdir(), "spool-"));
  vi.useFakeTimers({ toFake: ["setInterval"] });
  try {
    await using sdk = sdk2();
    const options = { amqpUrl: nowhere, flushTimeout: 0.2, maxBufferedEvents: 10 };
    const sink = new RabbitMQSink({
      ...options,
      spool: { directory, maxBytes: "32MiB" },
      meter: sdk.meterProvider,
    });
    await sink.start();
    for (let n = 0; n < 30; n++) sink.handleEvent({ eventType: "token", data: { n } });
    await sink.spooled();
    expect(await valuesOf(sdk)).toEqual({
      "streamll.sink.event.spool.size {event}": 20,
      "streamll.sink.event.spool.lost {event}": 0,
      "streamll.sink.spool.usage By": sink.stats().bytes_spooled,
      "streamll.sink.spool.limit By": 32 * 2 ** 20,
      "streamll.sink.spool.orphans {folder}": 0,
    });
    expect(sink.stats().bytes_spooled).toBeGreaterThan(1000);

    const others = [1, 2].map(() => new RabbitMQSink({ ...options, spool: directory }));
    for (const other of others) await other.start();
    for (const other of others) other.handleEvent({ eventType: "token" });
    const orphans = async () => (await valuesOf(sdk))["streamll.sink.spool.orphans {folder}"];
    for (const other of others) expect(await other.stop()).toMatchObject({ spooled: 1 });
    // One of them is being drained for as long as the broker is away.
    await vi.waitFor(
      async () => {
        vi.advanceTimersByTime(10_000);
        expect(await orphans()).toBe(2);
      },
      { timeout: 20_000, interval: 20 },
    );
    await sink.stop();
  } finally {
    vi.useRealTimers();
    rmSync(directory, { recursive: true, force: true });
  }
});

it("a sink without a spool exports nothing of one", async () => {
  await using sdk = sdk2();
  const { sink } = onMemory({ meter: sdk.meterProvider });
  await sink.start();
  expect(await valuesOf(sdk)).toEqual({});
  await sink.stop();
});
