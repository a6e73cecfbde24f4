import { spawn } from "node:child_process";
import { once } from "node:events";
import { brokersForTests, takeQueue } from "@streamll/brokers";
import { beforeAll, expect, it, onTestFinished } from "vitest";
import { buildNextApp } from "./support/next-app.js";

const [broker] = brokersForTests().slice(-1);
const waiting = { timeout: 60_000 };
const requests = 50;

let folder: string;
beforeAll(async () => {
  folder = await buildNextApp();
}, 300_000);

it("a server of Next delivers all events of the requests that it has answered when SIGTERM comes", async () => {
  const child = spawn(
    process.execPath,
    ["node_modules/next/dist/bin/next", "start", "--port", "0", "--hostname", "127.0.0.1"],
    {
      cwd: folder,
      env: { ...process.env, NODE_ENV: "production", NEXT_TELEMETRY_DISABLED: "1", AMQP_URL: broker!.url },
      stdio: ["ignore", "pipe", "pipe"],
    },
  );
  onTestFinished(() => void child.kill("SIGKILL"));
  let output = "";
  let errors = "";
  child.stdout.on("data", (text) => {
    output += text;
  });
  child.stderr.on("data", (text) => {
    errors += text;
  });
  const ended = once(child, "close");
  await expect.poll(() => output, waiting).toMatch(/http:\/\/127\.0\.0\.1:\d+/);
  const [origin] = /http:\/\/127\.0\.0\.1:\d+/.exec(output) ?? [];
  await expect.poll(() => output, waiting).toContain("Ready");

  const ask = async (question: number) => (await fetch(`${origin}/answer?question=${question}`)).json();
  const answers = await Promise.all(Array.from({ length: requests }, (_, question) => ask(question)));
  // At once: what was answered last waits in its batch.
  child.kill("SIGTERM");
  expect(answers).toContainEqual({ answer: '42, if you ask me "7"' });
  const [code, signal] = await ended;
  // 128 and the number of SIGTERM: Next calls process.exit() with it.
  expect({ code, signal, errors }).toEqual({ code: 143, signal: null, errors: "" });
  const types = (await takeQueue(broker!, "streamll_events")).map(({ properties }) => properties.type);
  expect(types.sort()).toEqual([...Array(requests).fill("end"), ...Array(requests).fill("start")]);
});
