import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PassThrough, Readable } from "node:stream";
import { setTimeout } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { bodiesIn, command } from "./support/shell.js";

const WAIT = { timeout: 20_000, interval: 20 };

const line = (i: number, more = {}) =>
  `${JSON.stringify({ event_type: "start", execution_id: "e", data: { i }, ...more })}\n`;
const lines = (count: number) => Array.from({ length: count }, (_, i) => line(i));
const numbers = (bodies: readonly Record<string, unknown>[]) =>
  bodies.map(({ data }) => (data as { i: number }).i);
const upTo = (count: number) => Array.from({ length: count }, (_, i) => i);

describe("streamll pipe", () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "streamll-pipe-"));
  });
  afterAll(() => rm(folder, { recursive: true }));

  it("brings stdin to the broker, in order, and sums up on stderr", async () => {
    const { code, broker, stdout, stderr } = command(["pipe"], { stdin: lines(500) });
    expect(await code).toBe(0);
    expect(numbers(bodiesIn(broker))).toEqual(upTo(500));
    expect(stdout.text).toBe("");
    expect(stderr.text).toMatch(/^500 events confirmed in [\d.]+ s \([\d,]+ events\/s, [\d.]+ MB\/s\)\n$/);
  });

  it("reads files one after another, with stdin where a - stands", async () => {
    const [first, last] = [join(folder, "first"), join(folder, "last")];
    await writeFile(first, `\ufeff${line(0)}\r\n${line(1).trimEnd()}`);
    await writeFile(last, line(3));
    const { code, broker, stderr } = command(["pipe", first, "-", last, "-q"], { stdin: [line(2)] });
    expect(await code).toBe(0);
    expect(numbers(bodiesIn(broker))).toEqual(upTo(4));
    expect(stderr.text).toBe("");
  });

  it("sends nothing where a file is missing or a directory", async () => {
    const good = join(folder, "good");
    await writeFile(good, line(0));
    for (const [bad, message] of [
      [join(folder, "none"), "does not exist\n"],
      [folder, "is a directory\n"],
    ] as const) {
      const { code, broker, stderr } = command(["pipe", good, bad]);
      expect(await code).toBe(2);
      expect(stderr.text).toContain(`${bad} ${message}`);
      expect(() => broker.consume("streamll_events")).toThrow();
    }
    const twice = command(["pipe", "-", "-"]);
    expect(await twice.code).toBe(2);
  });

  const bad = [line(0), "s3cret\n", '{"event_type":7,"data":"s3cret"}\n', "[1]\n", line(1)];

  it("stops at an invalid line, having delivered what was before it", async () => {
    const { code, broker, stderr } = command(["pipe"], { stdin: bad });
    expect(await code).toBe(1);
    expect(numbers(bodiesIn(broker))).toEqual([0]);
    expect(stderr.text).toMatch(/^error: stdin:2: not JSON\n1 event confirmed, 1 invalid line in/);
  });

  it("--on-error skip leaves invalid lines out, and ends in 3", async () => {
    const { code, broker, stdout, stderr } = command(["pipe", "--on-error=skip", "--json"], { stdin: bad });
    expect(await code).toBe(3);
    expect(numbers(bodiesIn(broker))).toEqual([0, 1]);
    expect(stderr.text).toContain("error: stdin:3: invalid event: event_type: is a number");
    expect(stderr.text).toContain("error: stdin:4: invalid event: ");
    expect(stderr.text).not.toContain("s3cret");
    expect(JSON.parse(stdout.text)).toMatchObject({ events: 2, confirmed: 2, badLines: 3, failed: 0 });
  });

  it("reports twenty invalid lines, and counts the others", async () => {
    const stdin = Array.from({ length: 50 }, () => "x\n");
    const { code, stderr } = command(["pipe", "--on-error=skip"], { stdin });
    expect(await code).toBe(3);
    expect(stderr.text.match(/stdin:\d+/g)).toHaveLength(20);
    expect(stderr.text).toContain("50 invalid lines");
  });

  it("reports an event that is not delivered by its line and code, and fails", async () => {
    const stdin = [line(0), line(1, { data: { text: "s3cret".repeat(20) } }), line(2)];
    const args = ["pipe", "--on-error=skip", "--max-event-bytes=300", "--json"];
    const { code, broker, stdout, stderr } = command(args, { stdin });
    expect(await code).toBe(1);
    expect(stderr.text).toMatch(/error: stdin:2: EVENT_TOO_LARGE: .*--max-event-bytes/);
    expect(stderr.text).not.toContain("s3cret");
    expect(JSON.parse(stdout.text)).toMatchObject({ confirmed: 2, failures: { EVENT_TOO_LARGE: 1 } });
    expect(numbers(bodiesIn(broker))).toEqual([0, 2]);
  });

  it("counts what the filter leaves out", async () => {
    const stdin = [line(0), line(1, { event_type: "token" })];
    const { code, stderr } = command(["pipe", "--event-filter", "start"], { stdin });
    expect(await code).toBe(0);
    expect(stderr.text).toMatch(/^1 event confirmed, 1 left out by the filter in/);
  });

  it("reads no faster than the broker takes", async () => {
    let read = 0;
    const endless = Readable.from(
      (function* () {
        for (;;) yield Buffer.from(line(read++));
      })(),
      { objectMode: false, highWaterMark: 1024 },
    );
    const run = command(["pipe", "--max-buffered-events", "100"], { stdin: endless });
    run.broker.faults.block();
    await vi.waitFor(() => expect(read).toBeGreaterThanOrEqual(100), WAIT);
    const held = read;
    for (let turn = 0; turn < 200; turn++) await new Promise(setImmediate);
    expect(read - held).toBeLessThan(100);
    // Looked at each second. That the buffer is full is how it waits, and nothing to warn of.
    await setTimeout(1500);
    expect(run.stderr.text).toContain("blocked");
    expect(run.stderr.text).not.toContain("% full");
    run.broker.faults.unblock();
    await vi.waitFor(() => expect(read).toBeGreaterThan(500), WAIT);
    run.interrupt();
    expect(await run.code).toBe(130);
  });

  it("delivers on Ctrl-C what it had read", async () => {
    const stdin = new PassThrough();
    const run = command(["pipe"], { stdin });
    run.broker.faults.block();
    stdin.write(lines(10).join(""));
    const read = () => run.stderr.text.includes("delivering the last 10");
    await vi.waitFor(() => expect(stdin.readableLength).toBe(0), WAIT);
    for (let turn = 0; turn < 20; turn++) await new Promise(setImmediate);
    run.interrupt();
    await vi.waitFor(() => expect(read()).toBe(true), WAIT);
    run.broker.faults.unblock();
    expect(await run.code).toBe(130);
    expect(numbers(bodiesIn(run.broker))).toEqual(upTo(10));
    expect(run.stderr.text).toContain("10 events confirmed");
  });

  it("ends on Ctrl-C that comes while it looks for its files, and connects to nothing", async () => {
    const file = join(folder, "looked-for");
    await writeFile(file, line(0));
    const run = command(["pipe", file, "--wait-for-broker"]);
    run.broker.faults.refuseConnections();
    run.interrupt();
    expect(await run.code).toBe(130);
  });

  it("draws its progress on a terminal alone, and wipes it off", async () => {
    const drawn = async (terminal: boolean, ...args: string[]) => {
      const stdin = new PassThrough();
      const run = command(["pipe", ...args], { stdin, terminal });
      stdin.write(line(0));
      const drawing = terminal && args.length === 0;
      await vi.waitFor(() => expect(run.stderr.text.includes("1 confirmed") || !drawing).toBe(true), WAIT);
      stdin.end();
      expect(await run.code).toBe(0);
      return run.stderr.text;
    };
    const wipe = "\r\u001b[K";
    const [, first, ...others] = (await drawn(true)).split(wipe);
    expect(first).toMatch(/^\d read {2}\d confirmed {2}\d+\/s/);
    expect(others.at(-1)).toMatch(/^1 event confirmed in/);
    expect(await drawn(true, "-q")).toBe("");
    expect(await drawn(false)).not.toContain("\u001b");
  });

  it("says at once that the broker is not there, without the password", async () => {
    const url = "amqp://me:s3cret@127.0.0.1:1/";
    const { code, stderr } = command(["pipe"], { env: { RABBITMQ_URL: url } });
    expect(await code).toBe(1);
    expect(stderr.text).toMatch(/amqp:\/\/me:\*\*\*@127.0.0.1:1\/: connect ECONNREFUSED.*--wait-for-broker/);
    expect(stderr.text).not.toContain("s3cret");
  });
});
