import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import type { StreamllEvent } from "@streamll/core";
import { afterEach, beforeAll, describe, expect, it } from "vitest";
import { treeOf } from "../../../../../packages/sources/test/tree.js";
import { eventsIn, type Listening, listening } from "../listening.js";

const execute = promisify(execFile);
const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));

/** Runs a program of the scene with a stand-in for DSPy, and the callback. */
async function python(program: string, url: string, { flush = "20", queue = "10000", token = "" } = {}) {
  const path = [here("stand-in"), here("../../../../../integrations/dspy")].join(":");
  const env = { PATH: process.env.PATH, PYTHONPATH: path, PYTHONDONTWRITEBYTECODE: "1" };
  const more = { STREAMLL_LISTEN_URL: url, STREAMLL_LISTEN_TOKEN: token };
  return execute("python3", [here("scene.py"), program, flush, queue], { env: { ...env, ...more } });
}

const runsOf = (events: readonly StreamllEvent[]) =>
  treeOf(events)
    .split(/\n(?! )/)
    .sort();

/** What `dspy.Predict` makes of a question. */
const predicted = (question: string, indent = "") =>
  [
    `Predict.forward → {"answer":"on ${question}"}`,
    `  ChatAdapter.format → [{"role":"user","content":"${question}"}]`,
    `  openai.chat [openai/gpt-5-2026] → ["on ${question}"] 10+2 (stop)`,
    `  ChatAdapter.parse → {"answer":"on ${question}"}`,
  ].map((line) => indent + line);

describe("StreamllCallback of DSPy", () => {
  beforeAll(async () => {
    const version = await execute("python3", ["--version"]).catch(() => undefined);
    expect(version, "python3 is needed by the tests of integrations/dspy: install it").toBeDefined();
  });
  let open: Listening | undefined;
  afterEach(() => open?.stop());

  it("makes the trees of modules, models, adapters and tools, and changes nothing for the program", async () => {
    open = await listening(["--confirm"], { env: { STREAMLL_LISTEN_TOKEN: "s3cret-token" } });
    const { stdout, stderr } = await python("tree", open.url, { token: "s3cret-token" });
    expect(stdout).toBe("nothing on fails once\non fails once\ndone\n");
    expect(stderr).toBe("");
    await open.stop();
    const events = eventsIn(open.broker);
    expect(runsOf(events)).toEqual(
      [
        [
          'Agent.forward → {"answer":"on fails once"}',
          "  tool.search ✗ LookupError: nothing on fails once",
          "  Predict.forward ✗ TimeoutError: overloaded",
          '    ChatAdapter.format → [{"role":"user","content":"fails once"}]',
          "    openai.chat [openai/gpt-5] ✗ TimeoutError: overloaded",
          ...predicted("fails once", "  "),
        ],
        predicted("one"),
        predicted("other"),
        [
          'Evaluate.evaluate → [{"answer":"on first"},{"answer":"on second"}]',
          ...predicted("first", "  "),
          ...predicted("second", "  "),
        ],
        ["Slow.forward cancelled"],
        ["Unreadable.forward → [Cannot be read: RuntimeError]"],
      ]
        .map((lines) => lines.join("\n"))
        .sort(),
    );
    expect(new Set(events.map(({ executionId }) => executionId)).size).toBe(6);
    const model = events.find(({ eventType }) => eventType === "llm_end")!;
    const failed = events.find(({ eventType, data }) => eventType === "error" && data.traceback)!;
    expect(failed.data.traceback).toContain("scene.py");
    expect(events.find(({ data }) => data.usage !== undefined)!.data.usage).toEqual({
      input_tokens: 10,
      output_tokens: 2,
      cache_read_tokens: 4,
    });
    expect(model.methodName).toBe("__call__");
    expect(JSON.stringify(events)).not.toContain("s3cret");
  });

  it("posts of a process that forked what each of the two did, once", async () => {
    open = await listening();
    await python("forked", open.url);
    await open.stop();
    const events = eventsIn(open.broker);
    expect(runsOf(events)).toEqual(
      ["before", "child", "parent"].map((question) => predicted(question).join("\n")),
    );
    expect(new Set(events.map(({ eventId }) => eventId)).size).toBe(events.length);
  });

  it("posts all events before the program ends, in order", async () => {
    open = await listening();
    expect((await python("many", open.url)).stdout).toBe("dropped 0\ndone\n");
    await open.stop();
    const events = eventsIn(open.broker);
    expect(events).toHaveLength(800);
    expect(events[0]).toMatchObject({ eventType: "start", moduleName: "Predict" });
    expect(events.at(-1)).toMatchObject({ eventType: "end", moduleName: "Predict" });
  });

  it("neither raises nor holds the program where nobody listens, and drops what its queue cannot hold", async () => {
    const { stdout, stderr } = await python("many", "http://127.0.0.1:1", { flush: "0.3", queue: "50" });
    expect(Number(/^dropped (\d+)\ndone\n$/.exec(stdout)?.[1])).toBeGreaterThan(500);
    expect(stderr).toContain("http://127.0.0.1:1/v1/events cannot be reached; trying again (logged once)");
    expect(stderr).toContain("more than 50 events wait");
    expect(stderr).toContain("the program ended before all of its events were posted");
  });

  it("drops what is refused for good, and says so once", async () => {
    open = await listening([], { env: { STREAMLL_LISTEN_TOKEN: "s3cret-token" } });
    const { stdout, stderr } = await python("many", open.url, { token: "another-token" });
    expect(stdout).toMatch(/done\n$/);
    expect(stderr.match(/answered 401; events were dropped/g)).toHaveLength(1);
    expect(stderr).not.toContain("another-token");
    await open.stop();
    expect(eventsIn(open.broker)).toEqual([]);
  });
});
