import { MemoryBroker } from "@streamll/transport-memory";
import pc from "picocolors";
import { describe, expect, it, vi } from "vitest";
import { demo } from "../src/demo.js";
import { runChild } from "./support/child.js";
import { run } from "./support/run.js";

describe("the demo", () => {
  it("answers, shows its calls as a tree with tokens and one error, and accounts for every event", async () => {
    const { code, output, errors } = await run([]);
    expect({ code, errors }).toEqual({ code: 0, errors: [] });
    expect(output).toMatch(/^ {2}How is a poison event found\?\n {4}[A-Z].*poison event/m);
    expect(output).toMatch(/^ {2}RAG\.forward "How is a poison event found\?" +━+ +\d+\.\d ms$/m);
    expect(output).toMatch(/^ {2}├ Retrieve\.forward → \["docs\/reliability\.md/m);
    expect(output).toMatch(/^ {2}└ \d+ tokens "[A-Z].*poison event/m);
    expect(output.match(/✗/g)).toHaveLength(1);
    expect(output).toMatch(/^ {2}├ ✗ Retrieve\.forward PageNotFoundError: no page docs\/kafka\.md /m);
    expect(output).toMatch(/^4 Delivery {2}flush\(\) .* 0 failed, 0 dropped, 0 pending\.$/m);
    const [, ...counts] = /✓ (\d+) emitted, (\d+) confirmed by the broker, (\d+) read/.exec(output)!;
    expect(Number(counts[0])).toBeGreaterThan(20);
    expect(new Set(counts).size).toBe(1);
    expect(output.split("\n").length).toBeLessThanOrEqual(60);
  });

  it("answers your own questions", async () => {
    const { code, output } = await run([
      "--ask",
      "zeppelin?",
      "--ask",
      "What says docs/errors.md about TLS?",
    ]);
    expect(code).toBe(0);
    expect(output).toContain("zeppelin?\n    Nothing about it in the pages.");
    expect(output).toMatch(/Retrieve\.forward → \["docs\/errors\.md/);
  });

  it("shows the run on a page with --ui, every event of it, until it is ended", async () => {
    const lines: string[] = [];
    const ended = new AbortController();
    const isComplete = demo(
      { pageUntil: ended.signal },
      { colors: pc.createColors(false), width: 110, print: (line) => lines.push(line) },
    );
    const stays = () => /(http:\S+) stays until Ctrl-C/.exec(lines.join("\n"))![1]!;
    const address = await vi.waitFor(stays, { timeout: 25_000 });
    const { body } = await fetch(`${address}live`);
    const { value } = await body!.getReader().read();
    const { head } = JSON.parse(Buffer.from(value!).toString().replace("data: ", ""));
    expect(head.received).toBe(Number(/✓ (\d+) emitted/.exec(lines.join("\n"))![1]));
    ended.abort();
    expect(await isComplete).toBe(true);
  });

  it("shows an agent of the AI SDK as a tree that came through the broker", async () => {
    const { code, output, errors } = await run(["--source", "ai-sdk"]);
    expect({ code, errors }).toEqual({ code: 0, errors: [] });
    expect(output).toMatch(/^ {2}Agent\.answer "Do rabbits dig\?" +━+/m);
    expect(output).toMatch(/^ {2}├ mock\.languageModelCall /m);
    expect(output).toMatch(/^ {2}├ tool\.search → "A book on rabbits: they dig a warren\."/m);
    expect(output).toMatch(/^ {2}└ mock\.languageModelCall → "Rabbits dig warrens, as a book says\."/m);
    expect(output).toMatch(/✓ \d+ emitted, \d+ confirmed by the broker, \d+ read/);
  });

  it("says which frameworks it knows", async () => {
    const { code, errors } = await run(["--source", "cobol"]);
    expect([code, errors.join()]).toEqual([2, expect.stringContaining('write ai-sdk, not "cobol"')]);
  });

  it("has colours where they are wanted", async () => {
    expect((await run(["--ask", "why?"], true)).output).toContain("\x1b[");
    expect((await run(["--ask", "why?"])).output).not.toContain("\x1b[");
  });

  it("says so when an event that was confirmed does not come out of the queue", async () => {
    const broker = MemoryBroker.named("streamll_demo");
    broker.declareQueue("streamll_demo");
    using _thief = broker.subscribe({ queue: "streamll_demo" }, () => {});
    const lines: string[] = [];
    const output = { colors: pc.createColors(false), width: 110, print: (line: string) => lines.push(line) };
    expect(await demo({ arrivalTimeoutMs: 50 }, output)).toBe(false);
    expect(lines.at(-1)).toMatch(/✗ .* not each exactly once$/);
  });

  it("explains its options", async () => {
    const { code, output } = await run(["--help"]);
    expect(code).toBe(0);
    expect(output).toContain("--url URL");
  });

  it.each([
    [2, "an unknown option", ["--uri", "x"], "--uri"],
    [2, "a URL that cannot work", ["--url", "http://u:hunter2@localhost/"], "amqpUrl"],
    [1, "a broker that is not there", ["--url", "amqp://u:hunter2@127.0.0.1:1/"], "connect ECONNREFUSED"],
  ])("ends with %s and one line for %s", async (exitCode, _, args, part) => {
    const { code, output, errors } = await run(args);
    expect({ code, output }).toEqual({ code: exitCode, output: "" });
    expect(errors).toEqual([expect.stringContaining(part)]);
    expect(errors[0]).not.toMatch(/\n|hunter2/);
  });

  it("runs as a program from any folder, without colour codes in a pipe, and ends", {
    timeout: 60_000,
  }, async () => {
    const { code, stdout, stderr } = await runChild(["--ask", "why?"], { CI: "true" });
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(stdout).toContain("✓");
    expect(stdout).not.toContain("\x1b[");
  });
});
