import { spawn } from "node:child_process";
import { once } from "node:events";
import { createRequire } from "node:module";
import { fileURLToPath, pathToFileURL } from "node:url";
import { type Broker, brokersForTests, openChannel } from "@streamll/brokers";
import { describe, expect, it } from "vitest";
import { scratchName } from "./support/queue.js";

const root = fileURLToPath(new URL("../../..", import.meta.url));
const tsx = pathToFileURL(createRequire(import.meta.url).resolve("tsx")).href;
const program = fileURLToPath(new URL("programs/ends.ts", import.meta.url));

/** Runs the program; how it ended, and how many messages the queue holds then. */
async function run(broker: Broker, way: string) {
  await using scratch = scratchName(broker);
  const child = spawn(
    process.execPath,
    ["--unhandled-rejections=strict", "--import", tsx, program, broker.url, scratch.name, way],
    {
      cwd: root,
      env: { ...process.env, TSX_TSCONFIG_PATH: `${root}/tsconfig.json` },
      stdio: ["ignore", "pipe", "pipe"],
    },
  );
  let errors = "";
  child.stderr.on("data", (text) => (errors += text));
  child.stdout.once("data", () => {
    if (way === "by SIGTERM") child.kill("SIGTERM");
  });
  const [code, signal] = (await once(child, "close")) as [number | null, NodeJS.Signals | null];
  await using channel = await openChannel(broker.url);
  const { messageCount } = await channel.checkQueue(scratch.name);
  return { code, signal, errors, messageCount };
}

describe.each(brokersForTests())("a program on RabbitMQ $version", (broker) => {
  it.each([
    "without stop()",
    "after flush()",
    "after publish()",
    "with a listener of beforeExit",
    "with recorded listeners of beforeExit",
  ])("that ends %s delivers all that it handed over", async (way) => {
    expect(await run(broker, way)).toEqual({ code: 0, signal: null, errors: "", messageCount: 1000 });
  });

  it("is not kept alive by an idle sink", async () => {
    expect(await run(broker, "idle")).toEqual({ code: 0, signal: null, errors: "", messageCount: 0 });
  });

  it("that SIGTERM ends delivers all that it handed over, and ends by the signal", async () => {
    expect(await run(broker, "by SIGTERM")).toEqual({
      code: null,
      signal: "SIGTERM",
      errors: "",
      messageCount: 1000,
    });
  });
});
