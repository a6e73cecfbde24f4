import { randomUUID } from "node:crypto";
import { brokersForTests, freePort, type OpenChannel, openChannel } from "@streamll/brokers";
import { RabbitMQSink } from "@streamll/sink";
import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished, vi } from "vitest";
import { command } from "../support/shell.js";

const [broker] = brokersForTests().slice(-1);
const waiting = { timeout: 50_000, interval: 200 };

describe(`streamll top on RabbitMQ ${broker!.version}`, () => {
  const { url } = broker!;
  let channel: OpenChannel;
  let exchange: string;
  let own: string[];

  beforeAll(async () => {
    channel = await openChannel(url);
  });
  afterAll(() => channel[Symbol.asyncDispose]());
  beforeEach(async () => {
    exchange = `top-${randomUUID()}`;
    own = ["--exchange", exchange, "--dead-letter-exchange", `${exchange}-dead`];
    const sink = new RabbitMQSink({
      amqpUrl: url,
      exchange,
      deadLetterExchange: `${exchange}-dead`,
      connectionName: `streamll@${exchange}`,
    });
    for (let i = 0; i < 3; i++) sink.handleEvent({ eventType: "start", operation: "answer" });
    await sink.flush();
    onTestFinished(async () => {
      await sink.stop();
      for (const name of [exchange, `${exchange}-dead.failed`]) await channel.deleteQueue(name);
      for (const name of [exchange, `${exchange}-dead`]) await channel.deleteExchange(name);
    });
  });

  async function looked(...args: readonly string[]) {
    const run = command(["top", "--once", "--json", url, ...own, ...args]);
    const code = await run.code;
    return { code, figures: JSON.parse(run.stdout.text), all: run.stdout.text + run.stderr.text };
  }

  it("top shows depth, readers and dead letters over AMQP alone, and says what it does not know", async () => {
    const closed = `http://127.0.0.1:${await freePort()}`;
    const { code, figures, all } = await looked("--management-url", closed);
    expect(code).toBe(0);
    expect(figures).toMatchObject({ schema: "streamll.top/1", sinks: [] });
    expect(figures.queues).toEqual([
      { name: exchange, ready: 3, readers: 0, dead: false },
      { name: `${exchange}-dead.failed`, ready: 0, readers: 0, dead: true },
    ]);
    expect(figures.hidden).toContain("ECONNREFUSED");
    expect(all).not.toContain("guest:guest");
  });

  it("top adds rates and sinks from the management API, by the names of their connections", async () => {
    const look = async () => {
      const { figures } = await looked("--management-url", broker!.managementUrl);
      const named = figures.sinks.filter(({ name }: { name: string }) =>
        name.startsWith(`streamll@${exchange}`),
      );
      expect(named).toEqual([expect.objectContaining({ state: "running" })]);
      expect(figures.queues[0]).toMatchObject({
        name: exchange,
        ready: 3,
        unacked: 0,
        in: expect.any(Number),
      });
    };
    // The broker renews these figures every 5 s.
    await vi.waitFor(look, waiting);
  });

  it("top draws on a terminal's other screen, how a queue grows too, and gives the screen back", async () => {
    const run = command(["top", url, ...own, "--interval", "1", "--management-url", broker!.managementUrl], {
      terminal: true,
    });
    await vi.waitFor(() => expect(run.stdout.text).toContain(exchange), waiting);
    for (let i = 0; i < 500; i++) channel.publish(exchange, "streamll.end.x", Buffer.from("{}"));
    await vi.waitFor(() => expect(run.stdout.text).toMatch(/503 +\+\d+\.\d/), waiting);
    run.interrupt();
    expect(await run.code).toBe(130);
    expect(run.stdout.text.startsWith("\u001b[?1049h\u001b[?25l")).toBe(true);
    expect(run.stdout.text.endsWith("\u001b[?25h\u001b[?1049l")).toBe(true);
  });

  it("top says why it cannot look, with exit code 1, and what it does not look at", async () => {
    const nobody = `amqp://guest:hunter2@127.0.0.1:${await freePort()}/`;
    const run = command(["top", "--once", nobody]);
    expect(await run.code).toBe(1);
    expect(run.stderr.text).toMatch(/^error: amqp:\/\/guest:\*\*\*@.*ECONNREFUSED/);
    const memory = command(["top", "memory:"]);
    expect(await memory.code).toBe(2);
  });
});
