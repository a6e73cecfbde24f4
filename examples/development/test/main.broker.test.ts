import { execFile } from "node:child_process";
import { randomUUID } from "node:crypto";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { brokersForTests, openChannel } from "@streamll/brokers";
import { describe, expect, it, vi } from "vitest";

const root = fileURLToPath(new URL("../../../", import.meta.url));
const main = fileURLToPath(new URL("../src/main.ts", import.meta.url));
const program = (url: string) =>
  promisify(execFile)(process.execPath, ["--import", "tsx", main, url], { cwd: root });

describe.each(brokersForTests())("on RabbitMQ $version", (broker) => {
  it("the program leaves six messages that expire in five minutes", async () => {
    const vhost = `development-${randomUUID()}`;
    await broker.manage("PUT", `vhosts/${vhost}`);
    const all = { configure: ".*", write: ".*", read: ".*" };
    await broker.manage("PUT", `permissions/${vhost}/guest`, all);
    const url = Object.assign(new URL(broker.url), { pathname: `/${vhost}` }).href;
    const { stdout, stderr } = await program(url);
    expect(stdout).toBe("A broker routes messages to queues.\n6 events sent\n");
    expect(stderr).toBe("");
    const channel = await openChannel(url);
    const depth = async () => (await channel.checkQueue("streamll_events")).messageCount;
    await vi.waitFor(async () => expect(await depth()).toBe(6), 10_000);
    const first = await channel.get("streamll_events", { noAck: true });
    expect(first).toMatchObject({ properties: { deliveryMode: 1 } });
    await channel[Symbol.asyncDispose]();
    const queue = await broker.manage("GET", `queues/${vhost}/streamll_events`);
    expect(queue).toMatchObject({ arguments: { "x-message-ttl": 300_000 } });
    await broker.manage("DELETE", `vhosts/${vhost}`);
  });
});

it("the program runs without any broker, and shows its events", async () => {
  const { stdout } = await program("memory:");
  const calls = [
    "start.answer",
    "start.retrieve",
    "end.retrieve",
    "start.generate",
    "end.generate",
    "end.answer",
  ];
  expect(stdout.trimEnd().split("\n")).toEqual([
    "A broker routes messages to queues.",
    "6 events sent",
    ...calls.map((call) => `streamll.${call}`),
  ]);
});
