import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { createServer } from "node:net";
import { describe, expect, it, vi } from "vitest";
import { engineOfThisMachine } from "../src/engines.js";
import { versionAt } from "../src/handshake.js";
import { brokersForTests, openChannel, openConnection } from "../src/index.js";
import { freePorts } from "../src/ports.js";
import { launch } from "../src/start.js";

const WAIT = { timeout: 20_000, interval: 20 };
const brokers = brokersForTests();

describe.each(brokers)("RabbitMQ $version", { skip: !brokers[0]?.owned }, (broker) => {
  it("is gone when it was killed, and has its data when it starts again", async () => {
    const queue = "kept-over-a-kill";
    const channel = await openChannel(broker.url);
    await channel.assertQueue(queue);
    channel.sendToQueue(queue, Buffer.from("x"), { persistent: true });
    await channel.waitForConfirms();
    // Up to two seconds pass before RabbitMQ's database writes a declaration down.
    await broker.ctl("eval", "mnesia:sync_log().");
    await broker.kill();
    await expect(versionAt(broker.url)).rejects.toThrow("ECONNREFUSED");
    await broker.start();
    await using look = await openChannel(broker.url);
    expect(await look.checkQueue(queue)).toMatchObject({ messageCount: 1 });
    await look.deleteQueue(queue);
  });

  it("answers nothing while it is paused", async () => {
    await broker.pause();
    let answered = false;
    const asked = broker.manage("GET", "overview").finally(() => {
      answered = true;
    });
    try {
      await expect(openConnection(broker.url, { timeout: 200 })).rejects.toThrow();
      expect(answered).toBe(false);
    } finally {
      await broker.resume();
    }
    expect(await asked).toMatchObject({ rabbitmq_version: broker.version });
  });
});

describe("brokers of a process that is killed", { skip: !brokers[0]?.owned }, () => {
  it("end, and leave no folder", async () => {
    const script = `
      import { startBrokers } from ${JSON.stringify(import.meta.resolve("../src/start.ts"))};
      const { all } = await startBrokers();
      console.log(JSON.stringify(all));
      setInterval(() => {}, 1000);`;
    const owner = spawn(process.execPath, ["--import", "tsx", "--input-type=module", "-e", script]);
    let said = "";
    owner.stderr.pipe(process.stderr);
    owner.stdout.on("data", (chunk) => (said += chunk));
    await vi.waitUntil(() => said.endsWith("\n"), { timeout: 120_000, interval: 20 });
    const nodes = (JSON.parse(said) as { node: { folder: string } }[]).map(({ node }) => node);
    expect(nodes.every(({ folder }) => existsSync(folder))).toBe(true);
    owner.kill("SIGKILL");
    await once(owner, "close");
    await vi.waitUntil(() => nodes.every(({ folder }) => !existsSync(folder)), WAIT);
  }, 180_000);
});

describe("a broker one of whose ports another program took", { skip: !brokers[0]?.owned }, () => {
  it("starts on others", async () => {
    const engine = await engineOfThisMachine();
    const [taken, free] = [await freePorts(), await freePorts()];
    const other = createServer().listen(taken.distribution, "127.0.0.1");
    await once(other, "listening");
    const draws = [taken, free];
    const release = engine.releases.at(-1)!;
    const { description, remove } = await launch(engine, release, {}, async () => draws.shift()!);
    expect(description.node.ports).toEqual(free);
    await remove();
    other.close();
  }, 180_000);
});
