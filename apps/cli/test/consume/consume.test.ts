import { appendFile, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import type { MemoryBroker } from "@streamll/transport-memory";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { command, type Given } from "../support/shell.js";

let folder = "";
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "streamll-consume-"));
});
afterAll(() => rm(folder, { recursive: true }));

const patient = { timeout: 20_000 };

/** Puts events of these numbers into the queue `q`. */
function put(broker: MemoryBroker, ...numbers: readonly number[]): void {
  for (const n of numbers)
    broker.publish({
      routingKey: "q",
      messageId: `id ${n}`,
      correlationId: `run ${n}`,
      body: JSON.stringify({ event_type: "end", data: { n } }),
    });
}

/** Runs `streamll consume q`, with events of these numbers in the queue. */
function consume(numbers: readonly number[], args: readonly string[], given: Given = {}) {
  const running = command(["consume", "q", ...args], given);
  // The command has not looked for its queue in this turn.
  running.broker.declareQueue("dead");
  const dead = { "x-dead-letter-exchange": "", "x-dead-letter-routing-key": "dead" };
  running.broker.declareQueue("q", { ...dead, "x-queue-type": "quorum" });
  running.broker.declareExchange("failed");
  running.broker.bind("dead", "failed");
  put(running.broker, ...numbers);
  return running;
}

const numbersIn = (text: string) =>
  text
    .trim()
    .split("\n")
    .map((line) => (JSON.parse(line) as { data: { n: number } }).data.n);

/** A child for `--exec`, which answers as `answer` says. */
const child = (answer: string) =>
  `"${process.execPath}" -e '
    require("node:readline").createInterface({ input: process.stdin }).on("line", (line) => {
      const { n } = JSON.parse(line).data;
      ${answer}
    });'`;

describe("streamll consume", () => {
  it("writes to stdout what it acknowledges, up to the limit, and leaves the rest", async () => {
    const { code, stdout, stderr, broker } = consume([1, 2, 3, 4, 5], ["--limit", "3"]);
    expect(await code).toBe(0);
    expect(numbersIn(stdout.text)).toEqual([1, 2, 3]);
    expect(broker.depth("q")).toBe(2);
    expect(stderr.text).toBe("3 events acknowledged\n");
  });

  it("adds to a file, without the line that a crash has torn, and makes a new file of gzip members", async () => {
    const plain = join(folder, "events.ndjson");
    await writeFile(plain, '{"data":{"n":0}}\n{"data":{"n"');
    expect(await consume([1, 2], ["--limit", "2", "--out", plain]).code).toBe(0);
    expect(numbersIn(await readFile(plain, "utf8"))).toEqual([0, 1, 2]);
    await appendFile(plain, "torn");
    expect(await consume([3], ["--limit", "1", "--out", plain]).code).toBe(0);
    expect(numbersIn(await readFile(plain, "utf8"))).toEqual([0, 1, 2, 3]);

    const zipped = join(folder, "events.ndjson.gz");
    expect(await consume([1, 2, 3], ["--limit", "3", "--prefetch", "2", "--out", zipped]).code).toBe(0);
    expect(numbersIn(gunzipSync(await readFile(zipped)).toString())).toEqual([1, 2, 3]);
    const again = consume([1], ["--out", zipped]);
    expect(await again.code).toBe(2);
    expect(again.stderr.text).toContain("is there already: name another file, or one without .gz");
    expect(again.broker.depth("q")).toBe(1);
  });

  it.each([
    ["/dev/full", "/dev/full is no file"],
    ["/no/where/events.ndjson", "cannot be written: there is no such folder"],
    [tmpdir(), "is a directory"],
  ])("takes nothing where --out %s cannot be opened", async (path, message) => {
    const { code, stderr, broker } = consume([1, 2], ["--out", path]);
    expect(await code).toBe(2);
    expect(stderr.text).toContain(message);
    expect(broker.depth("q")).toBe(2);
  });

  it("has a command answer for each event: done, another try, or a dead letter", async () => {
    const once = `globalThis.tried ??= new Set();
      if (n === 2) console.log("dead it is \\u001b[31mbad");
      else if (n === 3 && !tried.has(n)) { tried.add(n); console.log("retry"); }
      else console.log("ok");`;
    const { code, stderr, broker } = consume(
      [1, 2, 3],
      [
        "--exec",
        child(once),
        "--dead-letter-exchange",
        "failed",
        "--retry",
        '{"backoffMs":1}',
        "--limit",
        "9",
      ],
    );
    await expect.poll(() => broker.depth("q") + broker.depth("dead"), patient).toBe(1);
    await expect.poll(() => stderr.text, patient).toContain("has answered retry");
    put(broker, 4, 5, 6, 7, 8, 9);
    expect(await code).toBe(4);
    expect(stderr.text).toContain("8 events acknowledged, 2 tries failed, 1 given up as dead letters");
    expect(stderr.text).not.toContain("\u001b[31mbad");
    expect(broker.depth("q")).toBe(0);
  });

  it("ends with 4 where the limit is reached and an event is not acknowledged", async () => {
    const { code, stderr, broker } = consume([1, 2], ["--exec", child('console.log("retry");'), "-n", "1"]);
    expect(await code).toBe(4);
    expect(stderr.text).toContain("0 events acknowledged, 1 try failed, 1 given back");
    expect(broker.depth("q")).toBe(2);
  });

  it.each([
    ["ends", 'if (n === 2) process.exit(3); else console.log("ok");', "has ended with 3"],
    [
      "breaks the rules",
      'console.log(n === 2 ? "\\u001b[2Jyes" : "ok");',
      'has answered "\\\\u001b[2Jyes"; an answer is ok, retry or dead REASON',
    ],
    ["hangs", 'if (n === 1) console.log("ok");', "has not answered within --handler-timeout"],
  ])("gives back what a command that %s has not answered, and fails", async (_, answer, message) => {
    const { code, stderr, broker } = consume(
      [1, 2, 3],
      ["--exec", child(answer), "--concurrency", "2", "--handler-timeout", "2s", "--drain-timeout", "2s"],
    );
    expect(await code).toBe(1);
    expect(stderr.text).toContain(message);
    expect(stderr.text).not.toContain("\u001b[2J");
    expect(broker.depth("q")).toBeGreaterThanOrEqual(1);
    expect(broker.depth("q") + broker.depth("dead")).toBeLessThanOrEqual(2);
  });

  it("ends a command that goes on after its input has ended, with all that it has begun", async () => {
    const stubborn = `${child('console.log("ok"); setInterval(() => {}, 1000);')}; sleep 60`;
    const { code } = consume([1], ["--exec", stubborn, "--limit", "1"]);
    expect(await code).toBe(0);
  }, 40_000);

  it("at Ctrl-C waits for what the command has in hand, and gives back the rest", async () => {
    const { code, stderr, broker, interrupt } = consume(
      [1, 2, 3],
      ["--exec", child('if (n === 1) setTimeout(() => console.log("ok"), 300);'), "--concurrency", "1"],
    );
    await expect.poll(() => broker.depth("q"), patient).toBe(0);
    interrupt();
    expect(await code).toBe(130);
    expect(stderr.text).toContain("1 event acknowledged, 2 given back");
    expect(broker.depth("q")).toBe(2);
  });

  it("declares and binds its queue, and writes no control character of an event to the terminal", async () => {
    const { code, stdout, stderr, broker } = command(
      ["consume", "own", "--exchange", "x", "--bind", "a.*", "--limit", "1"],
      { terminal: true },
    );
    await expect.poll(() => broker.depth("own"), patient).toBe(0);
    broker.publish({ exchange: "x", routingKey: "b.c", body: '{"event_type":"never"}' });
    broker.publish({
      exchange: "x",
      routingKey: "a.c",
      body: '{\n"event_type":"end","data":{"text":"\\u001b]0;x\\u0007 \u009b2J\u202e"}}',
    });
    expect(await code).toBe(0);
    expect(stdout.text).toContain("\\u202e");
    expect(stdout.text).not.toMatch(/[\u0080-\u009f\u202e]/);
    expect(stdout.text.trim().split("\n")).toHaveLength(1);
    expect(stderr.text).toContain("acknowledged");
  });

  it.each([
    [[], "consume takes the name of one queue"],
    [["q", "r"], "consume takes the name of one queue"],
    [["amqp://localhost/"], "streamll consume --stream NAME"],
    [["q", "--url", "rabbitmq-stream://localhost/"], "reads streams, not queues"],
    [["q", "--out", ""], "--out needs the name of a file"],
    [["q", "--exec", " "], "--exec needs a command"],
    [["q", "--credentials", " "], "--credentials needs a command"],
    [["q", "--bind", "a.*"], "--bind needs --exchange"],
    [["q", "--out", "f", "--exec", "c"], "--out and --exec both take the events"],
    [["q", "--concurrency", "2"], "--concurrency is of --exec"],
    [["q", "--stream", "s"], "or --stream and none"],
    [["q", "--limit", "0"], "--limit must be a whole number, at least 1"],
  ])("refuses %j", async (args, message) => {
    const { code, stderr } = command(["consume", ...args]);
    expect(await code).toBe(2);
    expect(stderr.text).toContain(message);
  });

  it("takes a queue with a colon in its name for one", async () => {
    const { code, stderr } = command(["consume", "app:nowhere"]);
    expect(await code).toBe(1);
    expect(stderr.text).toContain('there is no queue "app:nowhere"');
  });

  it("says what is wrong with its options, and that there is no such queue", async () => {
    const wrong = command(["consume", "q", "--prefetch", "0", "--queue-type", "quorum"]);
    expect(await wrong.code).toBe(2);
    expect(wrong.stderr.text).toContain("--prefetch: ");
    expect(wrong.stderr.text).toContain("--queue-type: is for a queue that is declared: set exchange too");
    const lost = command(["consume", "nowhere"]);
    expect(await lost.code).toBe(1);
    expect(lost.stderr.text).toContain("there is no queue");
  });
});
