import { execFile } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { type AddressInfo, createServer } from "node:net";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterEach, beforeEach, expect, test } from "vitest";
import { checkBlocks } from "../src/docs/check.js";
import { blocksOf } from "../src/docs/fences.js";
import { onBroker, runBlock } from "../src/docs/run.js";
import { repository } from "../src/workspace.js";

const fenced = (info: string, ...body: string[]) => [`\`\`\`${info}`, ...body, "```"].join("\n");

test("only TypeScript blocks are taken, each with the line of its fence", () => {
  const page = [
    "# A page",
    fenced("ts", "const a = 1;"),
    fenced("python", "a = 1"),
    fenced("typescript", "b;", "c;"),
  ];
  expect(blocksOf("a.md", page.join("\n")).blocks).toEqual([
    { page: "a.md", line: 2, source: "const a = 1;\n" },
    { page: "a.md", line: 8, source: "b;\nc;\n" },
  ]);
});

test("a block in a list loses the list's indent, and a fence inside a longer fence is text", () => {
  const page = [
    "- item",
    "  ```ts",
    "  if (a) {",
    "    b();",
    "  }",
    "  ```",
    "````md",
    "```ts",
    "```",
    "````",
  ];
  expect(blocksOf("a.md", page.join("\n")).blocks.map(({ source }) => source)).toEqual([
    "if (a) {\n  b();\n}\n",
  ]);
});

test("a block is left out of the run only with a reason", () => {
  expect(blocksOf("a.md", fenced("ts no-run: needs an account")).blocks[0]?.notRun).toBe("needs an account");
  for (const info of ["ts no-run", "ts no-run:", "ts norun: x", "ts skip"]) {
    const { blocks, problems } = blocksOf("a.md", fenced(info));
    expect(problems, info).toEqual([expect.stringContaining("a.md:1: the fence says")]);
    expect(blocks, "one problem is one failure").toEqual([]);
  }
});

test("only a local broker's address is replaced", () => {
  const to = (url: string) => onBroker(`connect("${url}")`, "amqp://u:p@127.0.0.1:40001/");
  expect(to("amqp://guest:guest@localhost:5672/")).toBe('connect("amqp://u:p@127.0.0.1:40001/")');
  expect(to("amqp://localhost")).toBe('connect("amqp://u:p@127.0.0.1:40001")');
  expect(to("amqp://localhost:5672/orders")).toBe('connect("amqp://u:p@127.0.0.1:40001/orders")');
  for (const url of [
    "amqp://localhost:5673/",
    "amqp://localhost.example/",
    "amqps://localhost/",
    "amqp://rabbit/",
  ]) {
    expect(to(url)).toBe(`connect("${url}")`);
  }
});

let root: string;
beforeEach(() => {
  mkdirSync(join(repository, ".streamll"), { recursive: true });
  root = mkdtempSync(join(repository, ".streamll/docs-"));
  writeFileSync(join(root, "tsconfig.json"), '{ "extends": "../../tsconfig.json" }');
  writeFileSync(join(root, "package.json"), '{ "type": "module" }');
});
afterEach(() => rmSync(root, { recursive: true }));

test("blocks are compiled and run, and each that fails is told at its line of the page", {
  timeout: 60_000,
}, async () => {
  const page = [
    fenced(
      "ts",
      'import { setTimeout } from "node:timers/promises";',
      "await setTimeout(1);",
      "const unused = 1;",
    ),
    fenced("ts no-run: it never ends", "setInterval(() => {}, 1000);"),
    fenced("ts", "", 'const n: number = "one";'),
    fenced("ts", "const a = 1;", 'if (a) throw new Error("oops");'),
    fenced("ts", "process.exitCode = 3;"),
  ];
  writeFileSync(join(root, "README.md"), page.join("\n"));
  const told: string[] = [];
  const { kept, failures, ...counts } = await checkBlocks(root, (verdict) => told.push(verdict));
  expect(counts).toEqual({ blocks: 5, compiled: 4, run: 1, passed: 2 });
  expect(told.toSorted()).toEqual(["failed", "failed", "failed", "passed", "passed"]);
  expect(kept).toMatchObject([{ page: "README.md", line: 6, notRun: "it never ends" }]);
  // Blocks run side by side, so the last two may change places.
  expect(failures.toSorted()).toEqual([
    expect.stringMatching(/^README\.md:11: TS2322/),
    expect.stringMatching(/^README\.md:13: ended with 1.*README\.md:15.*Error: oops.*README\.md:15:/s),
    expect.stringMatching(/^README\.md:17: ended with 3/),
  ]);
});

test("two checks at the same time leave each other's blocks alone", { timeout: 60_000 }, async () => {
  writeFileSync(
    join(root, "README.md"),
    fenced("ts", 'import { setTimeout } from "node:timers/promises";', "await setTimeout(1);"),
  );
  const verdicts = await Promise.all([checkBlocks(root), checkBlocks(root)]);
  for (const verdict of verdicts) expect(verdict).toMatchObject({ passed: 1, failures: [] });
  expect(readdirSync(join(root, ".streamll"))).toEqual([]);
});

test("the command says what failed, writes its results, and fails", { timeout: 60_000 }, async () => {
  const results = join(root, "results.ndjson");
  const tsx = join(repository, "node_modules/.bin/tsx");
  const run = promisify(execFile)(
    tsx,
    [join(repository, "tooling/checks/src/docs-blocks.ts"), "--root", root],
    {
      cwd: repository,
      env: { ...process.env, STREAMLL_TEST_RESULTS: results },
    },
  );
  await expect(run).rejects.toMatchObject({
    code: 1,
    stderr: expect.stringContaining("no block was found"),
    stdout: expect.stringContaining("docs: 0 blocks, 0 compiled, 0 run, 0 not run, 1 failed"),
  });
  const lines = readFileSync(results, "utf8").trimEnd().split("\n");
  expect(lines.map((line) => JSON.parse(line))).toMatchObject([
    { event: "started", pid: expect.any(Number) },
    { event: "test", state: "failed" },
    { event: "ended", passed: 0, failed: 1, skipped: 0 },
  ]);
});

test("a block that connects to the default port reaches the broker for tests", {
  timeout: 60_000,
}, async () => {
  const server = createServer((socket) => socket.end("from the tests' broker")).listen(0, "127.0.0.1");
  await once(server, "listening");
  const file = join(root, "block.ts");
  const connects = ['5672, "localhost"', "5672", '{ port: 5672, host: "127.0.0.1" }'].map(
    (where) =>
      `if ((await text(connect(${where}))) !== "from the tests' broker") throw new Error(\`${where}\`);`,
  );
  const imports = ['import { connect } from "node:net";', 'import { text } from "node:stream/consumers";'];
  writeFileSync(file, [...imports, ...connects].join("\n"));
  const brokerUrl = `amqp://guest:guest@127.0.0.1:${(server.address() as AddressInfo).port}/`;
  expect(await runBlock(file, { root: repository, brokerUrl })).toBeUndefined();
  server.close();
});
