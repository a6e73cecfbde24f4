import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it, vi } from "vitest";
import { BrokerSink } from "../../src/index.js";
import { onMemory } from "../on-memory.js";

it("a sink delivers what several programs have left, one folder after another", async () => {
  const directory = mkdtempSync(join(tmpdir(), "spool-"));
  try {
    const url = "amqp://127.0.0.1:1/";
    const programs = [1, 2, 3].map(() => new BrokerSink({ url, spool: directory, flushTimeout: 0.2 }));
    for (const [index, program] of programs.entries()) {
      await program.start();
      for (let n = 0; n < 100; n++)
        program.handleEvent({ eventType: "token", executionId: `program-${index}`, data: { n } });
    }
    for (const program of programs) expect(await program.stop()).toMatchObject({ failed: 0, spooled: 100 });
    expect(readdirSync(directory)).toHaveLength(3);

    const { sink, arrived } = onMemory({ spool: directory });
    await sink.start();
    await vi.waitUntil(() => readdirSync(directory).length === 1, { timeout: 120_000, interval: 50 });
    await sink.stop();
    expect(readdirSync(directory)).toEqual([]);
    const numbers = new Map<string, number[]>();
    for (const { correlationId = "", body } of arrived()) {
      const { data } = JSON.parse(body.toString()) as { data: { n: number } };
      numbers.set(correlationId, [...(numbers.get(correlationId) ?? []), data.n]);
    }
    const all = Array.from({ length: 100 }, (_, n) => n);
    expect([...numbers.keys()].sort()).toEqual(["program-0", "program-1", "program-2"]);
    for (const found of numbers.values()) expect(found).toEqual(all);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
});
