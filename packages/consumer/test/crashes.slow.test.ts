import { spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { existsSync, readFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { brokersForTests, openChannel, until } from "@streamll/brokers";
import { built } from "@streamll/programs";
import { afterEach, describe, expect, it, onTestFinished } from "vitest";
import type { Work } from "./programs/worker.js";

const PATIENCE_MS = 240_000;
const PREFETCH = 200;

describe.each(brokersForTests().slice(-1))("on RabbitMQ $version, a process with a consumer", (broker) => {
  const queue = `crashes-${randomUUID()}`;
  afterEach(async () => {
    if (!broker.owned) return;
    for (const name of [queue, `${queue}-dead.failed`])
      await broker.manage("DELETE", `queues/%2F/${name}`).catch(() => {});
  });

  async function scene(queueType: "classic" | "quorum") {
    const folder = await mkdtemp(join(tmpdir(), "streamll-crashes-"));
    const channel = await openChannel(broker.url);
    onTestFinished(async () => {
      await channel[Symbol.asyncDispose]();
      await rm(folder, { recursive: true });
    });
    const file = join(folder, "handled");
    const handled = () => (existsSync(file) ? readFileSync(file, "utf8").trim().split("\n") : []);
    const options = {
      url: broker.url,
      exchange: queue,
      queue,
      queueType,
      deadLetterExchange: `${queue}-dead`,
      prefetch: PREFETCH,
      maxDeliveries: 10,
    };
    const begin = ({ options: more, ...work }: Partial<Work> = {}) => {
      const setup: Work = { takes: 0, ...work, file, options: { ...options, ...more } };
      const child = spawn(
        process.execPath,
        [built(new URL("programs/worker.ts", import.meta.url)), JSON.stringify(setup)],
        { stdio: ["ignore", "pipe", "inherit"] },
      );
      onTestFinished(() => void child.kill("SIGKILL"));
      let output = "";
      child.stdout.setEncoding("utf8").on("data", (text: string) => {
        output += text;
      });
      return { child, output: () => output, ended: once(child, "close") };
    };
    const put = async (...numbers: readonly (number | string)[]) => {
      for (const n of numbers)
        channel.publish(queue, "a", Buffer.from(JSON.stringify({ event_type: "end", data: { n } })), {
          persistent: true,
          messageId: `event ${n}`,
          correlationId: `run ${n}`,
        });
      await channel.waitForConfirms();
    };
    /** The queue is there and bound. */
    const declared = async () => {
      const first = begin();
      await until(() => first.output().includes("started"), "the consumer to start", PATIENCE_MS);
      first.child.kill("SIGTERM");
      await first.ended;
    };
    return { channel, begin, put, handled, declared };
  }

  it.each([
    ["quorum", false],
    ["classic", true],
  ] as const)(
    "that an event ends again and again gives up that event on a %s queue, and handles all the others",
    async (queueType, counts) => {
      const { channel, begin, put, handled, declared } = await scene(queueType);
      await declared();
      await put(...Array.from({ length: 100 }, (_, n) => n), "poison");
      await put(...Array.from({ length: 300 }, (_, n) => 100 + n));
      let crashes = 0;
      // As what keeps services running does.
      for (let isDone = false; !isDone; ) {
        const { child, ended } = begin({ counts });
        const isOver = ended.then(() => "crashed" as const);
        const all = until(() => new Set(handled()).size === 400, "all others", PATIENCE_MS).then(
          () => "done" as const,
        );
        all.catch(() => {});
        isDone = (await Promise.race([isOver, all])) === "done";
        if (!isDone) crashes++;
        else {
          child.kill("SIGTERM");
          await ended;
        }
        expect(crashes).toBeLessThanOrEqual(21);
      }
      expect(crashes).toBeGreaterThanOrEqual(5);
      const dead = await channel.checkQueue(`${queue}-dead.failed`);
      const left = await channel.checkQueue(queue);
      // A quorum queue counts each crash against all that was unsettled: neighbours of the event may be given up too.
      expect(left.messageCount).toBe(0);
      expect(dead.messageCount).toBe(1);
      const letter = await channel.get(`${queue}-dead.failed`, { noAck: true });
      expect(letter && JSON.parse(letter.content.toString()).data.n).toBe("poison");
    },
    PATIENCE_MS,
  );

  it(
    "that gets SIGTERM in mid-load takes nothing new, finishes what it has and loses nothing",
    async () => {
      const { channel, begin, put, handled, declared } = await scene("classic");
      await declared();
      await put(...Array.from({ length: 3000 }, (_, n) => n));
      for (let round = 0; round < 3; round++) {
        const before = handled().length;
        const { child, output, ended } = begin({ takes: 20, options: { drainTimeout: 60 } });
        await until(() => handled().length > before + 200, "some events to be handled", PATIENCE_MS);
        child.kill("SIGTERM");
        const [, signal] = await ended;
        expect(signal).toBe("SIGTERM");
        const report = JSON.parse(output().trim().split("\n").at(-1)!) as Record<string, number>;
        expect(report.handled).toBe(handled().length - before);
        expect(report.durationMs).toBeLessThan(60_000);
      }
      const last = begin();
      await until(() => new Set(handled()).size === 3000, "the rest", PATIENCE_MS);
      last.child.kill("SIGTERM");
      await last.ended;
      // No event was handled twice: all that was in hand was settled, and the rest given back untried.
      expect(handled()).toHaveLength(3000);
      expect((await channel.checkQueue(queue)).messageCount).toBe(0);
    },
    PATIENCE_MS,
  );
});
