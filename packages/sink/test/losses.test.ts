import { spawn } from "node:child_process";
import { once } from "node:events";
import { createRequire } from "node:module";
import { fileURLToPath, pathToFileURL } from "node:url";
import type { Transport } from "@streamll/core";
import { describe, expect, it } from "vitest";
import { RabbitMQSink } from "../src/index.js";
import { recorder } from "./recorder.js";

const root = fileURLToPath(new URL("../../..", import.meta.url));
const tsx = pathToFileURL(createRequire(import.meta.url).resolve("tsx")).href;
const program = fileURLToPath(new URL("programs/loses.ts", import.meta.url));

async function run(way: string) {
  const child = spawn(process.execPath, ["--import", tsx, program, way], {
    cwd: root,
    env: { ...process.env, TSX_TSCONFIG_PATH: `${root}/tsconfig.json` },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let output = "";
  let errors = "";
  child.stdout.on("data", (text) => {
    output += text;
  });
  child.stderr.on("data", (text) => {
    errors += text;
  });
  const [code] = (await once(child, "close")) as [number | null];
  return { code, output: output.trim().split("\n"), errors };
}

describe("a program without a logger", { timeout: 60_000 }, () => {
  it("is warned once of the first calls that are not recorded, and told at the end how many", async () => {
    const { code, output, errors } = await run("calls");
    const [warnings, report] = output.map((line) => JSON.parse(line));
    expect(warnings.filter((warning: string) => warning.includes("not taken"))).toEqual([
      expect.stringMatching(/^StreamllWarning: not taken: the buffer is full \(100 events, .* \(900 times/),
    ]);
    expect(report).toMatchObject({ sent: 0, failed: 100, dropped: 0, rejected: 900, pending: 0 });
    expect(errors).toContain(
      "1000 events were lost: 900 not taken, 100 failed (BUFFER_FULL 900, UNSENT_AT_STOP 100)",
    );
    expect(errors.match(/not taken: the buffer is full/g)).toHaveLength(1);
    expect(code).toBe(0);
  });

  it("that calls process.exit() hears on stderr what it leaves behind, and ends by its own code", async () => {
    const { code, errors } = await run("process.exit()");
    expect(code).toBe(3);
    expect(errors).toBe(
      "streamll: the process ended before 100 events could be delivered. Await stop() of the sink before the process ends; stopOnSignals() does so after an exception. 50 events were lost: 50 not taken (BUFFER_FULL 50)\n",
    );
  });

  it("that an exception ends hears so, too", async () => {
    const { code, errors } = await run("an exception");
    expect(code).toBe(1);
    expect(errors).toContain("Error: boom");
    expect(errors.match(/streamll: the process ended before 1 event could be delivered/g)).toHaveLength(1);
  });

  it("that waits for room and offers its event again hears nothing", async () => {
    expect(await run("waits for room")).toEqual({ code: 0, output: [""], errors: "" });
  });
});

it("a transform that throws is a loss that the reports count", async () => {
  const transform = () => {
    throw new Error("no");
  };
  const sink = new RabbitMQSink({ transport: recorder(), transform });
  expect(sink.handleEvent({ eventType: "start" })).toBe(false);
  expect(sink.handleEvent({} as never)).toBe(false);
  expect(await sink.stop()).toMatchObject({ sent: 0, rejected: 2 });
});

it("a transport with deduplication and a publisherName of one's own has to say what is stored", async () => {
  const create = (): Transport => recorder({ deduplication: true });
  const transport = { schemes: ["own"], create };
  const sink = new RabbitMQSink({ amqpUrl: "own:", transport, publisherName: "fixed" });
  await expect(sink.start()).rejects.toThrow(/gives no lastSequence/);
  await sink.stop();
});
