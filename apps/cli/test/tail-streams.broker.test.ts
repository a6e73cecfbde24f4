import { randomUUID } from "node:crypto";
import { brokersForTests, openChannel } from "@streamll/brokers";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import { command } from "./support/shell.js";

const WAIT = { timeout: 30_000, interval: 20 };

// What differs between generations is the transport's, and tested there.
describe.each(
  brokersForTests()
    .filter(({ owned }) => owned)
    .slice(-1),
)("streamll tail on RabbitMQ $version", (broker) => {
  const event = (step: number) => `{"event_type":"step","data":{"step":${step}}}`;

  async function scene() {
    const stream = `tail-${randomUUID()}`;
    const channel = await openChannel(broker.url);
    await channel.assertQueue(stream, { arguments: { "x-queue-type": "stream" } });
    onTestFinished(async () => {
      await channel.deleteQueue(stream);
      await channel[Symbol.asyncDispose]();
    });
    const put = async (from: number, to: number) => {
      for (let step = from; step < to; step++) channel.sendToQueue(stream, Buffer.from(event(step)));
      await channel.waitForConfirms();
    };
    const tail = (...args: string[]) =>
      command([
        "tail",
        "--url",
        `rabbitmq-stream://127.0.0.1:${broker.streamPort}/`,
        "--stream",
        stream,
        "--json",
        ...args,
      ]);
    return { stream, put, tail };
  }
  const lines = (from: number, to: number) =>
    Array.from({ length: to - from }, (_, index) => `${event(from + index)}\n`).join("");

  it("shows a stream from where it is told, and then what comes", async () => {
    const { stream, put, tail } = await scene();
    await put(0, 5);
    const runs = [tail("--from", "first", "-n", "8"), tail("--from", "1h", "-n", "8"), tail("-n", "3")];
    for (const run of runs)
      await vi.waitFor(() => expect(run.stderr.text).toContain(`tailing ${stream}`), WAIT);
    await put(5, 8);
    expect(await Promise.all(runs.map(({ code }) => code))).toEqual([0, 0, 0]);
    expect(runs.map(({ stdout }) => stdout.text)).toEqual([lines(0, 8), lines(0, 8), lines(5, 8)]);
  });

  it("shows each event of a compressed batch", async () => {
    const { stream, tail } = await scene();
    const url = `rabbitmq-stream://127.0.0.1:${broker.streamPort}/`;
    const batches = ["--message-format", "batch", "--compression-type", "gzip"];
    const stdin = [0, 1, 2].map((step) => `${event(step)}\n`);
    const pipe = command(["pipe", "--url", url, "--stream", stream, ...batches], { stdin });
    expect([await pipe.code, pipe.stderr.text]).toEqual([0, expect.stringContaining("3 events confirmed")]);
    const run = tail("--from", "first", "-n", "3");
    expect(await run.code).toBe(0);
    const steps = run.stdout.text
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line).data.step);
    expect(steps).toEqual([0, 1, 2]);
  });

  it.each([
    [
      ["--from", "yesterday"],
      "--from must be first, last, next, a duration such as 1h, or a time such as 2026-01-31T12:00Z",
    ],
    [["--pattern", "a.*"], "a stream has no routing by --pattern: leave it out"],
  ])("refuses %j", async (args, message) => {
    const run = command(["tail", "--url", "rabbitmq-stream://localhost/", "--stream", "events", ...args]);
    expect(await run.code).toBe(2);
    expect(run.stderr.text).toContain(message);
  });

  it("refuses --from of an exchange, and a stream that is not there", async () => {
    const exchange = command(["tail", "--url", "memory:", "--exchange", "x", "--from", "first"]);
    expect(await exchange.code).toBe(2);
    expect(exchange.stderr.text).toContain(
      "--from is of streams, and of Azure Service Bus: name a stream by --stream",
    );
    const stream = command([
      "tail",
      "--url",
      `rabbitmq-stream://127.0.0.1:${broker.streamPort}/`,
      "--stream",
      "none",
    ]);
    expect(await stream.code).toBe(1);
    expect(stream.stderr.text).toContain('there is no stream "none". The first sink that publishes to it');
  });

  it("ui waits for a stream that is not there yet", async () => {
    const stream = `tail-${randomUUID()}`;
    const url = `rabbitmq-stream://127.0.0.1:${broker.streamPort}/`;
    const ui = command(["ui", "--url", url, "--stream", stream]);
    await vi.waitFor(() => expect(ui.stderr.text).toContain("Waiting for it"), WAIT);
    expect(await command(["pipe", "--url", url, "--stream", stream], { stdin: [event(0)] }).code).toBe(0);
    await vi.waitFor(() => expect(ui.stderr.text).toContain(`reading ${stream}`), WAIT);
    ui.interrupt();
    expect(await ui.code).toBe(130);
    await broker.manage("DELETE", `queues/%2F/${stream}`);
  });
});
