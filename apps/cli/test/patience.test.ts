import { once } from "node:events";
import { type AddressInfo, createServer, type Socket } from "node:net";
import { afterAll, beforeAll, expect, it } from "vitest";
import { command } from "./support/shell.js";

/** Takes connections, and never says a word. */
const sockets: Socket[] = [];
const mute = createServer((socket) => sockets.push(socket.on("error", () => {})));
let url: string;
beforeAll(async () => {
  mute.listen(0, "127.0.0.1");
  await once(mute, "listening");
  url = `amqp://127.0.0.1:${(mute.address() as AddressInfo).port}/`;
});
afterAll(() => {
  for (const socket of sockets) socket.destroy();
  mute.close();
});

it.each([
  ["tail"],
  ["ui"],
  ["top"],
  ["consume", "any"],
  ["pipe", "--queue", "any"],
  ["listen", "--port", "0"],
])("%s says what it waits for, and ends at once by Ctrl-C", async (...args) => {
  const run = command(args, { env: { RABBITMQ_URL: url } });
  await expect
    .poll(() => run.stderr.text, { timeout: 8000 })
    .toContain(`waiting for ${url} to answer; --connection-timeout says`);
  const interruptedAt = performance.now();
  run.interrupt();
  expect([await run.code, run.stdout.text]).toEqual([130, ""]);
  expect(performance.now() - interruptedAt).toBeLessThan(3000);
  expect(run.stderr.text).not.toContain("error");
});

it.each([
  ["pipe", "--queue", "any"],
  ["consume", "any"],
])("%s names no end of the waiting with --wait-for-broker", async (...args) => {
  const run = command([...args, "--wait-for-broker"], { env: { RABBITMQ_URL: url } });
  await expect.poll(() => run.stderr.text, { timeout: 8000 }).toBe(`waiting for ${url} to answer\n`);
  run.interrupt();
  expect(await run.code).toBe(130);
});

it("dlq says that the broker has not answered", async () => {
  const run = command(["dlq", "replay", "--dead-letter-exchange", "any"], { env: { RABBITMQ_URL: url } });
  await expect.poll(() => run.stderr.text, { timeout: 8000 }).toContain("the broker has not answered yet");
  run.interrupt();
  expect(await run.code).toBe(130);
});

it("a command of --exec that ends meanwhile is told, and not that nothing was connected", async () => {
  const { code, stderr } = command(["consume", "any", "--exec", "exit 7"], { env: { RABBITMQ_URL: url } });
  expect(await code).toBe(1);
  expect(stderr.text).toContain("error: the command of --exec has ended with 7");
  expect(stderr.text).not.toContain("stopped before it was connected");
});
