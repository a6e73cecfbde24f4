import { spawn } from "node:child_process";
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "tsup";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));
let folder: string;

// Compiled once: a compiler in each of the processes would take longer than what they do.
beforeAll(async () => {
  const cache = here("../../../../.streamll");
  await mkdir(cache, { recursive: true });
  folder = await mkdtemp(join(cache, "programs-"));
  const entry = [here("programs/decorators.ts"), here("programs/signals.ts")];
  await build({ entry, outDir: folder, format: "esm", target: "node20", config: false, silent: true });
}, 30_000);

afterAll(() => rm(folder, { recursive: true, force: true }));

/** Runs a program. `heard` resolves when it printed the text. */
function run(program: string, ...args: string[]) {
  const child = spawn(process.execPath, [join(folder, `${program}.js`), ...args]);
  onTestFinished(() => void child.kill("SIGKILL"));
  let output = "";
  const listeners = new Set<() => void>();
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8").on("data", (text: string) => {
      output += text;
      for (const listener of listeners) listener();
    });
  }
  const ended = new Promise<{ code: number | null; signal: string | null; lines: string[] }>((resolve) => {
    child.on("close", (code, signal) => resolve({ code, signal, lines: output.trim().split("\n") }));
  });
  const heard = (text: string) =>
    new Promise<void>((resolve, reject) => {
      const listener = () => {
        if (output.includes(text)) resolve();
      };
      listeners.add(listener);
      listener();
      ended.then(() => reject(new Error(`ended without "${text}": ${output}`)));
    });
  return { child, ended, heard };
}

describe("@instrument()", { timeout: 30_000 }, () => {
  it("records the methods of a class, and single ones by options of their own", async () => {
    const { lines } = await run("decorators").ended;
    expect(JSON.parse(lines.join("\n"))).toEqual({
      answer: "why?: a",
      twice: 4,
      same: true,
      starts: [
        ["RAG", "answer", "answer", ["why?"], null],
        ["RAG", "retrieve", "look_up", [], "retrieve"],
        ["Plain", "twice", "twice", [2], null],
        ["Plain", "#double", "#double", null, null],
      ],
    });
  });
});

describe("stopOnSignals", { timeout: 30_000 }, () => {
  it.each(["SIGTERM", "SIGINT"] as const)("delivers on %s, then ends as the signal would", async (signal) => {
    const { child, ended, heard } = run("signals", "slow");
    await heard("ready");
    child.kill(signal);
    expect(await ended).toEqual({ code: null, signal, lines: ["ready", "stop 1", "delivered 1"] });
  });

  it("ends at once on a second signal", async () => {
    const { child, ended, heard } = run("signals", "hangs");
    await heard("ready");
    child.kill("SIGINT");
    await heard("stop 1");
    child.kill("SIGINT");
    expect(await ended).toEqual({ code: null, signal: "SIGINT", lines: ["ready", "stop 1"] });
  });

  it("ends also where a sink fails to stop", async () => {
    const { child, ended, heard } = run("signals", "fails");
    await heard("ready");
    child.kill("SIGTERM");
    expect(await ended).toEqual({ code: null, signal: "SIGTERM", lines: ["ready", "stop 1"] });
  });

  it("leaves the ending to a program that listens itself", async () => {
    const { child, ended, heard } = run("signals", "fast", "handler");
    await heard("ready");
    child.kill("SIGTERM");
    const lines = ["ready", "stop 1", "handler", "delivered 1"];
    expect(await ended).toEqual({ code: 7, signal: null, lines });
  });

  it("does nothing once it is disposed of, and holds no process", async () => {
    const disposed = run("signals", "fast", "disposed");
    await disposed.heard("ready");
    disposed.child.kill("SIGTERM");
    expect(await disposed.ended).toEqual({ code: null, signal: "SIGTERM", lines: ["ready"] });
    expect(await run("signals", "fast", "ends").ended).toEqual({ code: 0, signal: null, lines: ["ready"] });
  });
});
