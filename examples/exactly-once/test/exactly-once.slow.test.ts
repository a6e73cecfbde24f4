import { spawn } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { type Broker, brokersForTests, followStream } from "@streamll/brokers";
import { describe, expect, it, vi } from "vitest";

const root = fileURLToPath(new URL("../../../", import.meta.url));
const main = fileURLToPath(new URL("../src/main.ts", import.meta.url));

const lines = 30_000;
const orders = 40;
const kills = 4;

/** Runs the program, and kills it after so long. Gives what it said, or nothing where it was killed. */
async function run(args: readonly string[], killAfterMs?: number): Promise<string | undefined> {
  const program = spawn(process.execPath, ["--import", "tsx", main, ...args], {
    cwd: root,
    stdio: ["ignore", "pipe", "inherit"],
  });
  let said = "";
  program.stdout.on("data", (text) => {
    said += text;
  });
  const ended = new Promise<number | null>((resolve) => program.on("close", resolve));
  if (killAfterMs !== undefined) {
    await Promise.race([setTimeout(killAfterMs), ended]);
    program.kill("SIGKILL");
  }
  return (await ended) === 0 ? said : undefined;
}

/** The number of each event by partition, in its order. */
async function stored(broker: Broker, partitions: readonly string[]) {
  let quietSince = Date.now();
  const readers = await Promise.all(
    partitions.map((partition) =>
      followStream(broker, partition, ({ content }) => {
        const event = JSON.parse(content.toString()) as { execution_id: string; data: { number: number } };
        quietSince = Date.now();
        return { number: event.data.number, order: event.execution_id };
      }),
    ),
  );
  const count = () => readers.reduce((sum, { all }) => sum + all.length, 0);
  await vi.waitUntil(() => count() >= lines, { timeout: 60_000 });
  // Too many would come after the last one that is due.
  await vi.waitUntil(() => Date.now() - quietSince > 1000, { timeout: 60_000 });
  for (const reader of readers) await reader[Symbol.asyncDispose]();
  return readers.map(({ all }) => all);
}

describe.each(brokersForTests())("on RabbitMQ $version", (broker) => {
  it(`a program that is killed ${kills} times leaves each line once, in order within its order`, {
    skip: !broker.owned,
    timeout: 300_000,
  }, async () => {
    const folder = await mkdtemp(join(tmpdir(), "streamll-import-"));
    const file = join(folder, "orders.ndjson");
    const { port } = new URL(broker.url);
    const args = [`rabbitmq-stream://127.0.0.1:${broker.streamPort}/?amqp_port=${port}`, file];
    const text = Array.from({ length: lines }, (_, index) =>
      JSON.stringify({
        execution_id: `order-${index % orders}`,
        event_type: "step",
        data: { number: index + 1, text: "x".repeat(300) },
      }),
    );
    await writeFile(file, text.join("\n"));

    for (let kill = 0; kill < kills; kill++) await run(args, 700 + Math.random() * 900);
    expect(await run(args)).toBe(`${lines} lines, 0 missing\n`);
    // Once more changes nothing.
    expect(await run(args)).toBe(`${lines} lines, 0 missing\n`);

    const partitions = [0, 1, 2].map((index) => `orders-${index}`);
    const byPartition = await stored(broker, partitions);
    const all = byPartition.flat();
    expect(all.length).toBe(lines);
    expect(new Set(all.map(({ number }) => number)).size).toBe(lines);
    for (const events of byPartition) {
      const last = new Map<string, number>();
      for (const { number, order } of events) {
        if (number <= (last.get(order) ?? 0)) throw new Error(`${order}: ${number} after ${last.get(order)}`);
        last.set(order, number);
      }
    }
    await rm(folder, { recursive: true });
    for (const partition of partitions) await broker.manage("DELETE", `queues/%2F/${partition}`);
    await broker.manage("DELETE", "exchanges/%2F/orders");
  });
});
