import { spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { createRequire } from "node:module";
import { fileURLToPath, pathToFileURL } from "node:url";
import { brokersForTests, openChannel } from "@streamll/brokers";
import { expect, it, onTestFinished } from "vitest";

const root = fileURLToPath(new URL("../../../", import.meta.url));
const program = fileURLToPath(new URL("../src/main.ts", import.meta.url));
const tsx = pathToFileURL(createRequire(import.meta.url).resolve("tsx")).href;
const [broker] = brokersForTests().slice(-1);
const waiting = { timeout: 30_000 };

/** The URL of a virtual host of its own, as in the guide. */
async function production(): Promise<string> {
  const vhost = `production-${randomUUID()}`;
  await broker!.manage("PUT", `vhosts/${vhost}`);
  onTestFinished(async () => void (await broker!.manage("DELETE", `vhosts/${vhost}`)));
  const all = { configure: ".*", write: ".*", read: ".*" };
  await broker!.manage("PUT", `permissions/${vhost}/guest`, all);
  return Object.assign(new URL(broker!.url), { pathname: `/${vhost}` }).href;
}

async function depthOf(url: string, queue: string): Promise<number> {
  await using channel = await openChannel(url);
  const { messageCount } = await channel.checkQueue(queue);
  return messageCount;
}

it("the service says how it is, and delivers every event when it is told to end under load", async () => {
  const url = await production();
  const child = spawn(process.execPath, ["--import", tsx, program, url, "0"], {
    cwd: root,
    env: { ...process.env, TSX_TSCONFIG_PATH: `${root}/tsconfig.json` },
    stdio: ["ignore", "pipe", "pipe"],
  });
  onTestFinished(() => void child.kill("SIGKILL"));
  let output = "";
  for (const stream of [child.stdout, child.stderr])
    stream.on("data", (text) => {
      output += text;
    });
  const ended = once(child, "close");
  await expect.poll(() => output, waiting).toMatch(/listening on \d+\n/);
  const service = `http://127.0.0.1:${/listening on (\d+)/.exec(output)?.[1]}`;

  let answered = 0;
  const clients = Array.from({ length: 10 }, async () => {
    for (;;) {
      const response = await fetch(`${service}/answer?question=why`).catch(() => undefined);
      // The service no longer listens.
      if (response?.ok !== true) return;
      await response.json();
      answered++;
    }
  });
  await expect
    .poll(async () => (await fetch(`${service}/health`)).json(), waiting)
    .toMatchObject({
      status: "up",
      problems: [],
    });
  await expect.poll(() => answered, waiting).toBeGreaterThan(100);
  // The broker may not have answered for any of them yet.
  await expect
    .poll(async () => (await fetch(`${service}/metrics`)).text(), waiting)
    .toMatch(/messaging_client_sent_messages_total\{.*messaging_system_name="rabbitmq".*server_port="\d+"/);
  child.kill("SIGTERM");
  await Promise.all(clients);

  expect(await ended).toEqual([0, null]);
  const [, delivered, lost] = /(\d+) events delivered, (\d+) lost/.exec(output) ?? [];
  // Each answer is a start and an end. A client may miss an answer that the service gave while it closed.
  expect(Number(delivered)).toBeGreaterThanOrEqual(2 * answered);
  expect(Number(delivered)).toBeLessThanOrEqual(2 * (answered + clients.length));
  expect(Number(lost)).toBe(0);
  expect(await depthOf(url, "observability.app")).toBe(Number(delivered));
});
