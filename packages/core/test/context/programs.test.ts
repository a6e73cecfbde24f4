import { spawn } from "node:child_process";
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "tsup";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));
let folder: string;

// Compiled once, since running a compiler in each process would take longer than the programs themselves.
beforeAll(async () => {
  const cache = here("../../../../.streamll");
  await mkdir(cache, { recursive: true });
  folder = await mkdtemp(join(cache, "programs-"));
  const entry = ["decorators", "host", "signals", "crash"].map((name) => here(`programs/${name}.ts`));
  await build({ entry, outDir: folder, format: "esm", target: "node20", config: false, silent: true });
}, 30_000);

afterAll(() => rm(folder, { recursive: true, force: true }));

/** Runs a program. `heard` resolves when it has printed the text. */
function run(program: string, args: readonly string[], ...flags: string[]) {
  const child = spawn(process.execPath, [...flags, join(folder, `${program}.js`), ...args]);
  onTestFinished(() => void child.kill("SIGKILL"));
  let output = "";
  let errors = "";
  const listeners = new Set<() => void>();
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    output += text;
    for (const listener of listeners) listener();
  });
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    errors += text;
  });
  type End = { code: number | null; signal: string | null; lines: string[]; errors: string };
  const ended = new Promise<End>((resolve) => {
    child.on("close", (code, signal) => resolve({ code, signal, lines: output.trim().split("\n"), errors }));
  });
  const heard = (text: string) =>
    new Promise<void>((resolve, reject) => {
      const listener = () => {
        if (output.includes(text)) resolve();
      };
      listeners.add(listener);
      listener();
      ended.then(() => reject(new Error(`ended without "${text}": ${output}${errors}`)));
    });
  return { child, ended, heard };
}

/** Runs the signals program and sends it a signal when it is ready. */
async function signalled(signal: NodeJS.Signals, ...args: string[]) {
  const { child, ended, heard } = run("signals", args);
  await heard("ready");
  child.kill(signal);
  return ended;
}

describe("@instrument()", { timeout: 30_000 }, () => {
  it("records the methods of a class, and single methods with options of their own", async () => {
    const { lines } = await run("decorators", []).ended;
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

describe("stopOnSignals on a signal", { timeout: 30_000 }, () => {
  it.each(["SIGTERM", "SIGINT"] as const)("delivers on %s, then ends as by the signal", async (signal) => {
    const lines = ["ready", "stop 1", "delivered 1"];
    expect(await signalled(signal, "slow")).toEqual({ code: null, signal, lines, errors: "" });
  });

  it("ends at once on a second signal", async () => {
    const { child, ended, heard } = run("signals", ["hangs"]);
    await heard("ready");
    child.kill("SIGINT");
    await heard("stop 1");
    child.kill("SIGINT");
    expect(await ended).toMatchObject({ code: null, signal: "SIGINT", lines: ["ready", "stop 1"] });
  });

  it.each([
    ["fails to stop", "fails", ""],
    ["does not stop in time", "hangs", "bounded"],
  ])("ends the process even if a sink %s", async (_, ...args) => {
    const lines = ["ready", "stop 1"];
    expect(await signalled("SIGTERM", ...args)).toMatchObject({ code: null, signal: "SIGTERM", lines });
  });

  it.each(["once before", "once after", "once before all others", "always", "one that removes itself"])(
    "lets a program with its own listener (%s) decide when to end, and accepts its events until then",
    async (listener) => {
      const lines = ["ready", "closing", "in flight true", "stop 1", "delivered 2"];
      const end = await signalled("SIGTERM", "slow", listener);
      expect(end).toEqual({ code: 0, signal: null, lines, errors: "" });
    },
  );

  it("delivers when the program closes and then sends itself the signal again", async () => {
    const lines = ["ready", "closing", "in flight true", "stop 1", "delivered 2"];
    const end = await signalled("SIGTERM", "slow", "one that signals again");
    expect(end).toEqual({ code: null, signal: "SIGTERM", lines, errors: "" });
  });

  it("lets a program exit in its own listener", async () => {
    const end = await signalled("SIGTERM", "fast", "exit");
    expect(end).toMatchObject({ code: 7, signal: null, lines: ["ready", "handler"] });
  });

  it("delivers, and then lets signal-exit end the process, which waits for other listeners", async () => {
    const lines = ["ready", "stop 1", "delivered 1", "signal-exit null SIGTERM"];
    const end = await signalled("SIGTERM", "slow", "signal-exit");
    expect(end).toEqual({ code: null, signal: "SIGTERM", lines, errors: "" });
  });

  it("called twice, ends when both have stopped", async () => {
    const startedAt = performance.now();
    const lines = ["ready", "stop 1", "delivered 1"];
    expect(await signalled("SIGTERM", "fast", "twice")).toMatchObject({
      code: null,
      signal: "SIGTERM",
      lines,
    });
    expect(performance.now() - startedAt).toBeGreaterThan(200);
  });

  it("does nothing once it is disposed of, and does not keep the process alive", async () => {
    const disposed = await signalled("SIGTERM", "fast", "disposed");
    expect(disposed).toMatchObject({ code: null, signal: "SIGTERM", lines: ["ready"] });
    const ends = await run("signals", ["fast", "ends"]).ended;
    expect(ends).toMatchObject({ code: 0, signal: null, lines: ["ready"] });
  });
});

describe("stopOnSignals on an uncaught exception", { timeout: 30_000 }, () => {
  const crash = (way: string, watched = "all", ...flags: string[]) =>
    run("crash", [way, watched], ...flags).ended;

  /** Drops the file, line and caret above the error: for a rejection or a call they point into Node or this package. */
  const withoutExcerpt = (errors: string) => errors.replace(/^(.*\n.*\n *\^.*\n)?\n?/, "");

  it.each([
    ["throws in a timer", "start boom, error boom boom"],
    ["throws at once", "start boom, error boom boom"],
    ["throws outside of a call", "error uncaught_exception boom"],
    ["throws in a call that goes on", "start answer, error answer boom"],
    ["rejects", "start later, error later boom"],
    ["rejects with a text", "start later, error later no"],
  ])("delivers the events of a program that %s, and ends it as it would have", async (way, delivered) => {
    const [left, watched] = await Promise.all([crash(way, "leaves exceptions"), crash(way)]);
    expect(left).toMatchObject({ code: 1, signal: null });
    expect(watched).toMatchObject({ code: 1, signal: null });
    expect(left.lines).toHaveLength(2);
    expect(watched.lines).toEqual([left.lines[0], delivered, left.lines[1]]);
    const isPlain = delivered.includes("uncaught_exception") || way.includes("goes on");
    const shown = isPlain ? (errors: string) => errors : withoutExcerpt;
    expect(shown(watched.errors)).toBe(shown(left.errors));
    expect(watched.errors).toContain("Node.js v");
  });

  it("prints under --unhandled-rejections=strict what Node prints, and no more", async () => {
    const flag = "--unhandled-rejections=strict";
    const [left, watched] = await Promise.all([
      crash("rejects", "leaves exceptions", flag),
      crash("rejects", "all", flag),
    ]);
    expect(watched).toMatchObject({ code: 1, signal: null });
    expect(watched.lines[1]).toBe("start later, error later boom");
    expect(withoutExcerpt(watched.errors)).toBe(withoutExcerpt(left.errors));
  });

  it("ends no process under --unhandled-rejections=warn, as Node would not", async () => {
    const child = run("crash", ["rejects", "program"], "--unhandled-rejections=warn");
    expect(await child.ended).toMatchObject({ code: 0, lines: ["exit 0"] });
  });

  it("leaves the exception to a program that listens for it", async () => {
    const end = await crash("throws in a timer", "program");
    const lines = [expect.stringMatching("monitor"), "program boom", "goes on", "exit 0"];
    expect(end).toEqual({ code: 0, signal: null, lines, errors: "" });
  });

  it("ends the process with the first exception, whatever else is thrown meanwhile", async () => {
    const end = await crash("throws again meanwhile");
    expect(end).toMatchObject({ code: 1, signal: null });
    expect(end.errors).toContain("RangeError: boom");
    expect(end.errors).not.toContain("another");
  });

  it("exits with 1 and prints the error even if the program exits with 0 meanwhile", async () => {
    const end = await crash("exits meanwhile");
    expect(end).toMatchObject({ code: 1, signal: null });
    expect(end.errors).toContain("RangeError: boom");
  });

  it("called twice, stops both before it ends the process", async () => {
    const end = await crash("throws in a timer", "twice");
    expect(end).toMatchObject({ code: 1, signal: null });
    expect(end.lines).toContain("start boom, error boom boom");
    expect(end.lines).toContain("stopped too");
    expect(end.errors.match(/RangeError: boom/g)).toHaveLength(1);
  });

  it("ends the process even if a sink does not stop in time", async () => {
    const end = await crash("throws in a timer", "for ever");
    expect(end).toMatchObject({ code: 1, signal: null });
    expect(end.errors).toContain("RangeError: boom");
  });
});

describe("a recorded program", { timeout: 60_000 }, () => {
  it.each([
    ["a rejection that the method handles itself", "start error"],
    ["a rejected promise that is given twice, and handled once", "start start start error error error"],
    ["an async function's rejection that nobody handles", "start error"],
    ["a promise's rejection that nobody handles", "start error"],
    ["a rejection that comes later and nobody handles", "start error"],
    ["a rejection that nobody handles, in a trace", "start error"],
    ["a rejection of which only the value is asked for", "start error"],
    ["rejections that the program listens for", "start start error error"],
    ["a rejection that is handled late in the same turn", "start error"],
    ["all that can be done with a promise", undefined],
    ["the order of what promises do", "start start end end"],
    ["a promise that is frozen", "start end start end"],
    ["a promise with methods of its own, of which the program has copies", "start end start end start end"],
    ["toJSON that is async and rejects", "start end note"],
    ["getters of a result", "llm_start llm_end"],
    ["a proxy, as this, argument, result and error", "start end start error"],
    ["a stack that goes on through an async function", "start error"],
    ["a listener of beforeExit", "start end"],
    ["what is around a call", "start end"],
    ["an iterator of which a step is rejected and handled", "start error"],
    ["cancelling a stream of bytes with a read pending", "start end start end"],
    ["a body that is read by its Response", undefined],
    ["a stream that is dropped unread", "start end"],
  ])("behaves the same as without recording: %s", async (scenario, events) => {
    const [bare, recorded] = await Promise.all([
      run("host", [scenario, "bare"]).ended,
      run("host", [scenario, "recorded"]).ended,
    ]);
    const eventLines = recorded.lines.filter((line) => line.startsWith("events: "));
    // Stack frames, and the line that an uncaught error came from, may differ.
    const said = ({ lines, errors }: typeof bare) =>
      [...lines, ...errors.split("\n")]
        .filter((line) => /^(?!events: |node:|file:|var )\S/.test(line))
        .sort();
    expect([recorded.code, said(recorded)]).toEqual([bare.code, said(bare)]);
    if (events !== undefined) expect(eventLines).toEqual([`events: ${events}`]);
  });
});
