import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createRequire } from "node:module";
import { fileURLToPath, pathToFileURL } from "node:url";
import { type Broker, brokersForTests, takeQueue } from "@streamll/brokers";
import { describe, expect, it, onTestFinished } from "vitest";

const root = fileURLToPath(new URL("../../../", import.meta.url));
const tsx = pathToFileURL(createRequire(import.meta.url).resolve("tsx")).href;
const requests = 5;

/** Resolves with the program's output once that is what is waited for. */
function heard(child: ChildProcess, isEnough: (output: string) => boolean): Promise<string> {
  let output = "";
  return new Promise((resolve, reject) => {
    child.stdout?.on("data", (text) => {
      output += text;
      if (isEnough(output)) resolve(output);
    });
    child.once("close", () => reject(new Error(`ended early: ${output}`)));
  });
}

/** Takes all events out of the queue, and deletes it. */
async function taken(broker: Broker): Promise<string[]> {
  const messages = await takeQueue(broker, "streamll_events");
  return messages.map(({ content }) => {
    const { event_type, operation } = JSON.parse(content.toString()) as Record<string, string>;
    return `${event_type} ${operation}`;
  });
}

const [broker] = brokersForTests();

describe("a service that gets SIGTERM while requests are in flight", () => {
  it.each<[string, [code: number | null, signal: NodeJS.Signals | null]]>([
    ["express", [0, null]],
    ["fastify", [0, null]],
    // Nest raises the signal again once it has shut down.
    ["nest", [null, "SIGTERM"]],
  ])("answers them and delivers all their events, with %s", async (framework, end) => {
    const program = fileURLToPath(new URL(`../src/${framework}.ts`, import.meta.url));
    const child = spawn(process.execPath, ["--import", tsx, program, broker!.url, "0"], {
      cwd: root,
      env: { ...process.env, TSX_TSCONFIG_PATH: `${root}/tsconfig.json` },
      stdio: ["ignore", "pipe", "pipe"],
    });
    onTestFinished(() => void child.kill("SIGKILL"));
    let errors = "";
    child.stderr.on("data", (text) => {
      errors += text;
    });
    const ended = once(child, "close");

    const [, port] = /listening on (\d+)/.exec(await heard(child, (output) => output.includes("\n"))) ?? [];
    const inFlight = heard(child, (output) => output.split("answering").length > requests);
    const answers = Array.from({ length: requests }, async (_, index) => {
      const response = await fetch(`http://127.0.0.1:${port}/answer?question=${index}`);
      return response.json();
    });
    await inFlight;
    child.kill("SIGTERM");

    const expected = Array.from({ length: requests }, (_, index) => ({
      answer: `${index} Rabbits dig warrens.`,
    }));
    expect(await Promise.all(answers)).toEqual(expected);
    expect({ ended: await ended, errors }).toEqual({ ended: end, errors: "" });
    const each = ["end answer", "end retrieve", "start answer", "start retrieve"];
    expect((await taken(broker!)).sort()).toEqual(each.flatMap((event) => Array(requests).fill(event)));
  });
});
