import { execFileSync, spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { createWriteStream } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { platform, tmpdir } from "node:os";
import { join } from "node:path";
import {
  brokersForTests,
  closeConnection,
  connectionsOf,
  type ListedConnection,
  type OpenChannel,
  openChannel,
} from "@streamll/brokers";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, onTestFinished, vi } from "vitest";
import { commandLine, environment, Spawned } from "./support/spawned.js";

const line = (i: number) =>
  `${JSON.stringify({
    event_id: `id-${i}`,
    execution_id: `e-${i % 7}`,
    timestamp: "2026-01-02T03:04:05.678Z",
    module_name: "RAG",
    method_name: "forward",
    event_type: "start",
    operation: "answer",
    data: { i, text: "é✓ \u001b[31m" },
    tags: {},
  })}\n`;
const lines = (count: number) => Array.from({ length: count }, (_, i) => line(i)).join("");
const until = <T>(check: () => T | Promise<T>) => vi.waitFor(check, { timeout: 50_000, interval: 20 });

const temporaryFolder = async () => {
  const folder = await mkdtemp(join(tmpdir(), "streamll-cli-"));
  onTestFinished(() => rm(folder, { recursive: true }));
  return folder;
};

// What differs between generations is the sink's, and tested there.
describe.each(brokersForTests().slice(-1))("streamll and RabbitMQ $version", (broker) => {
  let channel: OpenChannel;
  let exchange: string;
  let running: Spawned[];
  beforeAll(async () => {
    channel = await openChannel(broker.url);
  });
  afterAll(() => channel[Symbol.asyncDispose]());
  beforeEach(() => {
    exchange = `cli-${randomUUID()}`;
    running = [];
  });
  afterEach(async () => {
    for (const { process } of running) process.kill("SIGKILL");
    await channel.deleteQueue(exchange);
    await channel.deleteExchange(exchange);
  });

  const start = (...args: string[]) => {
    const spawned = new Spawned(args, { RABBITMQ_URL: broker.url, RABBITMQ_EXCHANGE: exchange });
    running.push(spawned);
    return spawned;
  };
  const stored = async () => {
    const bodies: string[] = [];
    for (;;) {
      const message = await channel.get(exchange, { noAck: true });
      if (message === false) return bodies;
      bodies.push(`${message.content.toString("utf8")}\n`);
    }
  };

  it("pipe brings 10,000 lines to the queue, each as it was and in the order of its execution", async () => {
    const pipe = start("pipe", "--json");
    expect(await pipe.fed(lines(10_000))).toBe(0);
    expect(JSON.parse(pipe.stdout)).toMatchObject({ events: 10_000, confirmed: 10_000, failed: 0 });
    expect(pipe.stderr).toMatch(/^10,000 events confirmed in/);
    expect(pipe.stderr + pipe.stdout).not.toContain("\u001b");
    const bodies = await stored();
    const sorted = (all: readonly string[]) => [...all].sort((a, b) => numberOf(a) - numberOf(b)).join("");
    const numberOf = (body: string) => JSON.parse(body).data.i as number;
    expect(sorted(bodies)).toBe(lines(10_000));
    for (let e = 0; e < 7; e++) {
      const numbers = bodies.map(numberOf).filter((i) => i % 7 === e);
      expect(numbers).toEqual([...numbers].sort((a, b) => a - b));
    }
  });

  it("pipe stops at an invalid line, or leaves it out", async () => {
    const input = `${line(0)}nonsense\n${line(1)}`;
    const failing = start("pipe");
    expect(await failing.fed(input)).toBe(1);
    expect(failing.stderr).toContain("error: stdin:2: not JSON");
    expect(await stored()).toEqual([line(0)]);
    const skipping = start("pipe", "--on-error", "skip");
    expect(await skipping.fed(input)).toBe(3);
    expect(await stored()).toEqual([line(0), line(1)]);
  });

  it("pipe tells of an event that no queue takes by its line", async () => {
    const pipe = start("pipe", "--no-queue", "--max-retries", "0");
    expect(await pipe.fed(line(0))).toBe(1);
    expect(pipe.stderr).toMatch(/error: stdin:1: UNROUTABLE: /);
  });

  it("pipe, ended by Ctrl-C, delivers what it had read", async () => {
    await channel.assertQueue(exchange, { durable: true });
    const batches = ["--batch-size", "150", "--batch-timeout", "60", "--connection-pool-size", "1"];
    const pipe = start("pipe", "--json", ...batches);
    pipe.process.stdin!.write(lines(200));
    // One batch is there; without the flush the rest would wait for a minute.
    await until(async () => expect((await channel.checkQueue(exchange)).messageCount).toBe(150));
    pipe.process.kill("SIGINT");
    expect(await pipe.ended).toBe(130);
    const { events, confirmed } = JSON.parse(pipe.stdout);
    expect(confirmed).toBe(events);
    expect(await stored()).toEqual(lines(confirmed).match(/.*\n/g));
  });

  it("pipe ends by Ctrl-C while it waits for a file that nobody writes to", async () => {
    const folder = await temporaryFolder();
    const fifo = join(folder, "fifo");
    execFileSync("mkfifo", [fifo]);
    await channel.assertQueue(exchange, { durable: true });
    const writer = createWriteStream(fifo);
    const pipe = start("pipe", fifo);
    writer.write(line(0));
    await until(async () => expect((await channel.checkQueue(exchange)).messageCount).toBe(1));
    onTestFinished(() => void writer.end());
    // Nothing can call that read off.
    pipe.process.kill("SIGINT");
    expect(await pipe.ended).toBe(130);
  });

  it("tail shows events live, and what it prints as JSON can be piped back", async () => {
    await channel.assertExchange(exchange, "topic", { durable: true });
    const human = start("tail");
    const json = start("tail", "--json", "--pattern", "streamll.start.*");
    for (const tail of [human, json]) {
      await until(() => expect(tail.stderr).toContain(`tailing ${exchange}`));
    }
    expect(await start("pipe").fed(lines(300))).toBe(0);
    await until(() => expect(json.stdout.split("\n")).toHaveLength(301));
    await until(() => expect(human.stdout.split("\n")).toHaveLength(301));
    expect(human.stdout).toMatch(/ start +RAG\.forward \/ answer \{"i":0,"text":"é✓ \\u001b\[31m"\}/);
    expect(human.stdout).not.toContain("\u001b");
    for (const tail of [human, json]) {
      tail.process.kill("SIGINT");
      expect(await tail.ended).toBe(130);
    }
    await stored();
    expect(await start("pipe").fed(json.stdout)).toBe(0);
    expect((await stored()).sort()).toEqual(lines(300).match(/.*\n/g)!.sort());
  });

  it("tail without the exchange says what to do", async () => {
    const tail = start("tail");
    expect(await tail.ended).toBe(1);
    expect(tail.stderr).toContain(`there is no exchange "${exchange}"`);
  });

  it("wrong password, unknown host and unknown vhost are told, and no password is shown", async () => {
    const wrong = broker.url.replace("guest:guest@", "guest:s3cr3t-pw@");
    const cases = [
      [wrong, /refused|ACCESS_REFUSED/i],
      ["amqp://guest:s3cr3t-pw@no-such-host.invalid/", /ENOTFOUND|EAI_AGAIN/],
      [`${broker.url}no-such-vhost`, /no-such-vhost.* not found/],
    ] as const;
    await Promise.all(
      cases.flatMap(([url, message]) =>
        ["pipe", "tail"].map(async (name) => {
          const failing = start(name, "--url", url);
          expect(await failing.fed("")).toBe(1);
          expect(failing.stderr).toMatch(message);
          expect(failing.stderr).not.toContain("s3cr3t-pw");
        }),
      ),
    );
  });

  it("ui does not wait for a virtual host that is not there", async () => {
    const ui = start("ui", "--url", `${broker.url}no-such-vhost`);
    expect(await ui.ended).toBe(1);
    expect(ui.stderr).toMatch(/no-such-vhost.* not found/);
  });

  it("pipe reads files", async () => {
    const folder = await temporaryFolder();
    const file = join(folder, "events.ndjson");
    await writeFile(file, lines(3));
    expect(await start("pipe", file).fed("")).toBe(0);
    expect(await stored()).toHaveLength(3);
  });

  // util-linux: other systems have another `script`.
  it.runIf(platform() === "linux")("pipe draws its progress on a terminal", async () => {
    const quoted = [...commandLine, "pipe"].map((part) => `'${part}'`).join(" ");
    const script = spawn("script", ["-qec", quoted, "/dev/null"], {
      env: environment({ RABBITMQ_URL: broker.url, RABBITMQ_EXCHANGE: exchange, TERM: "xterm" }),
    });
    let screen = "";
    script.stdout.on("data", (chunk) => {
      screen += chunk;
    });
    await until(() => expect(screen).toContain("Ctrl-D ends"));
    script.stdin.write(line(0));
    await until(() => expect(screen).toMatch(/1 read {2}1 confirmed/));
    script.stdin.write("\u0004");
    await until(() => expect(screen).toMatch(/1 event confirmed in/));
    await once(script, "close");
    expect(script.exitCode).toBe(0);
  });

  describe("over connections that fail", { skip: !broker.owned }, () => {
    const listed = (connectionName: string) =>
      until(async () => {
        const found = (await connectionsOf(broker)).filter(({ client_properties }) =>
          client_properties.connection_name?.includes(connectionName),
        );
        expect(found).toHaveLength(1);
        return found[0]!;
      });
    /** Frozen, until `then` is done: what follows needs the broker. */
    const frozen = async (then: () => Promise<void>) => {
      await broker.pause();
      await then().finally(() => broker.resume());
    };

    it("pipe, told twice to end, ends at once and leaves what is not delivered", async () => {
      await channel.assertQueue(exchange, { durable: true });
      const batches = ["--batch-size", "150", "--batch-timeout", "60", "--connection-pool-size", "1"];
      const pipe = start("pipe", "--flush-timeout", "600", ...batches);
      pipe.process.stdin!.write(lines(200));
      await until(async () => expect((await channel.checkQueue(exchange)).messageCount).toBe(150));
      await frozen(async () => {
        pipe.process.kill("SIGINT");
        await until(() => expect(pipe.stderr).toContain("delivering the last 50 events; press Ctrl-C again"));
        pipe.process.kill("SIGINT");
        expect(await pipe.ended).toBe(130);
      });
      expect(pipe.stderr).not.toContain("confirmed");
    });

    it("tail ends by one Ctrl-C while the broker is frozen", async () => {
      await channel.assertExchange(exchange, "topic", { durable: true });
      const tail = start("tail", "--heartbeat", "600");
      await until(() => expect(tail.stderr).toContain("tailing"));
      await frozen(async () => {
        tail.process.kill("SIGINT");
        expect(await tail.ended).toBe(130);
      });
    });

    it("tail asks for no heartbeat where it is 0", async () => {
      await channel.assertExchange(exchange, "topic", { durable: true });
      const name = `cli-${randomUUID()}`;
      start("tail", "--heartbeat", "0", "--connection-name", name);
      expect((await listed(name)).timeout).toBe(0);
    });

    it("tail connects again", async () => {
      await channel.assertExchange(exchange, "topic", { durable: true });
      const name = `cli-${randomUUID()}`;
      const tail = start("tail", "--json", "--connection-name", name);
      await until(() => expect(tail.stderr).toContain("tailing"));
      await closeConnection(broker, await listed(name), "for a test");
      await until(() => expect(tail.stderr.match(/tailing/g)).toHaveLength(2));
      expect(tail.stderr).toContain("connection lost: ");
      channel.publish(exchange, "k", Buffer.from(line(0)));
      await until(() => expect(tail.stdout).toBe(line(0)));
    });

    it("ui waits for the exchange each time that it is gone", async () => {
      const name = `cli-${randomUUID()}`;
      const ui = start("ui", "--connection-name", name);
      for (const times of [1, 2]) {
        await until(() => expect(ui.stderr.match(/Waiting for it/g)).toHaveLength(times));
        await channel.assertExchange(exchange, "topic", { durable: true });
        await until(() => expect(ui.stderr.match(/reading /g)).toHaveLength(times));
        if (times === 2) return;
        await channel.deleteExchange(exchange);
        // One reads, another counts; the management API lists them late.
        const isOurs = ({ client_properties: { connection_name } }: ListedConnection) =>
          connection_name?.includes(name);
        await until(async () => {
          for (const one of (await connectionsOf(broker)).filter(isOurs))
            await closeConnection(broker, one, "for a test").catch(() => {});
          expect(ui.stderr.match(/connection lost/g)).toHaveLength(times);
        });
      }
    });

    it("both speak TLS", async () => {
      const folder = await temporaryFolder();
      const ca = join(folder, "ca.pem");
      await writeFile(ca, broker.ca);
      await channel.assertExchange(exchange, "topic", { durable: true });
      const tls = ["--url", broker.tlsUrl, "--tls-ca", ca];
      const tail = start("tail", "--json", "-n", "1", ...tls);
      await until(() => expect(tail.stderr).toContain("tailing"));
      expect(await start("pipe", ...tls).fed(line(0))).toBe(0);
      expect(await tail.ended).toBe(0);
      expect(tail.stdout).toBe(line(0).replaceAll("\u001b", "\\u001b"));
      const untrusted = start("tail", "--url", broker.tlsUrl);
      expect(await untrusted.ended).toBe(1);
      expect(untrusted.stderr).toContain("certificate");
    });
  });
});
