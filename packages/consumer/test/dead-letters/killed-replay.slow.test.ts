import { type ChildProcess, spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { brokersForTests } from "@streamll/brokers";
import type { ReplayReport } from "@streamll/consumer";
import { built } from "@streamll/programs";
import { connect } from "amqplib";
import { expect, it, onTestFinished } from "vitest";

const LETTERS = 100_000;
const KILLS = 10;

it(`a replay of ${LETTERS} dead letters that is killed ${KILLS} times loses none, and names each that may be double`, async () => {
  const broker = brokersForTests().at(-1)!;
  const name = `killed-${randomUUID()}`;
  const queue = `${name}.failed`;
  const model = await connect(broker.url);
  const channel = await model.createConfirmChannel();
  await channel.assertQueue(name);
  await channel.assertQueue(queue);
  const folder = await mkdtemp(join(tmpdir(), "streamll-killed-"));
  const programs: ChildProcess[] = [];
  onTestFinished(async () => {
    for (const program of programs) program.kill("SIGKILL");
    for (const one of [name, queue]) await channel.deleteQueue(one);
    await model.close();
    await rm(folder, { recursive: true });
  });
  for (let n = 0; n < LETTERS; n++) {
    const headers = { streamll_failure: "X", streamll_exchange: "", streamll_routing_key: name };
    channel.sendToQueue(queue, Buffer.from(`letter ${n}`), { messageId: String(n), headers });
    if (n % 10_000 === 0) await channel.waitForConfirms();
  }
  await channel.waitForConfirms();

  /** Runs once; killed after so many letters. Gives the report of a run that was not. */
  async function run(killAt: number): Promise<ReplayReport | undefined> {
    const program = spawn(process.execPath, [
      ...[
        built(new URL("../programs/replay.ts", import.meta.url)),
        broker.url,
        queue,
        join(folder, "journal"),
      ],
    ]);
    programs.push(program);
    let last = "";
    const ended = once(program, "close");
    for await (const line of createInterface(program.stdout!)) {
      last = line;
      if ((JSON.parse(line) as { replayed: number }).replayed >= killAt) program.kill("SIGKILL");
    }
    await ended;
    const told = last === "" ? {} : (JSON.parse(last) as Partial<ReplayReport>);
    return told.replayId === undefined ? undefined : (told as ReplayReport);
  }
  for (let kills = 0; kills < KILLS; kills++)
    expect(await run(1 + Math.floor((Math.random() * LETTERS) / (KILLS + 2)))).toBeUndefined();
  const report = (await run(Number.POSITIVE_INFINITY))!;
  const named = new Set(report.doubtful);
  expect(report).toMatchObject({ failed: 0, unacknowledged: 0 });
  expect(report.incomplete).toBeUndefined();
  expect((await channel.checkQueue(queue)).messageCount).toBe(0);

  const came = new Map<string, number>();
  await channel.prefetch(5000);
  const { messageCount } = await channel.checkQueue(name);
  await new Promise<void>((resolve) => {
    let left = messageCount;
    void channel.consume(name, (message) => {
      // The queue is deleted in the end.
      if (message === null) return;
      const { messageId } = message.properties as { readonly messageId: string };
      came.set(messageId, (came.get(messageId) ?? 0) + 1);
      channel.ack(message);
      if (--left === 0) resolve();
    });
  });
  expect(came.size).toBe(LETTERS);
  const doubles = [...came].flatMap(([id, times]) => (times > 1 ? [id] : []));
  expect(doubles.filter((id) => !named.has(id))).toEqual([]);
}, 600_000);
