import { execFile } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { type AddressInfo, createServer } from "node:net";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterEach, beforeEach, expect, test } from "vitest";
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
    expect(blocks[0]?.notRun).toBeUndefined();
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

async function check(readme: string) {
  writeFileSync(join(root, "README.md"), readme);
  const tsx = join(repository, "node_modules/.bin/tsx");
  const script = join(repository, "tooling/checks/src/docs-blocks.ts");
  const args = [script, "--root", root, "--report", join(root, "report.json")];
  const { stdout, stderr, code } = await promisify(execFile)(tsx, args, { cwd: repository }).then(
    (output) => ({ ...output, code: 0 }),
    (failed: { stdout: string; stderr: string; code: number }) => failed,
  );
  return { stdout, stderr, code, report: JSON.parse(readFileSync(join(root, "report.json"), "utf8")) };
}

test("blocks that compile and run are counted, and why one is not run is said", {
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
  ];
  const { stdout, code, report } = await check(page.join("\n\n"));
  expect(stdout).toContain("not run: README.md:7: it never ends");
  expect(stdout).toContain("docs: 2 blocks, 2 compiled, 1 run, 1 not run, 0 failed");
  expect(report).toEqual({ numPassedTests: 3, numFailedTests: 0, numPendingTests: 0 });
  expect(code).toBe(0);
});

test("a block that does not compile, and one that throws, fail at their lines of the page", {
  timeout: 60_000,
}, async () => {
  const page = [
    fenced("ts", "", 'const n: number = "one";'),
    fenced("ts", "const a = 1;", 'if (a) throw new Error("oops");'),
    fenced("ts", "process.exitCode = 3;"),
  ];
  const { stderr, code, report } = await check(page.join("\n"));
  expect(stderr).toContain("README.md:3: TS2322");
  expect(stderr).toMatch(/README\.md:5: ended with 1.*Error: oops.*README\.md:7:/s);
  expect(stderr).toContain("README.md:9: ended with 3");
  expect(report).toEqual({ numPassedTests: 2, numFailedTests: 3, numPendingTests: 0 });
  expect(code).toBe(1);
});

test("a block that connects to the default port reaches the broker for tests", {
  timeout: 60_000,
}, async () => {
  const server = createServer((socket) => socket.end("from the tests' broker")).listen(0, "127.0.0.1");
  await once(server, "listening");
  const file = join(root, "block.ts");
  for (const where of ['5672, "localhost"', "5672", '{ port: 5672, host: "127.0.0.1" }']) {
    const block = [
      'import { connect } from "node:net";',
      'import { text } from "node:stream/consumers";',
      `if ((await text(connect(${where}))) !== "from the tests' broker") process.exit(1);`,
    ];
    writeFileSync(file, block.join("\n"));
    const brokerUrl = `amqp://guest:guest@127.0.0.1:${(server.address() as AddressInfo).port}/`;
    expect(await runBlock(file, { root: repository, brokerUrl }), where).toBeUndefined();
  }
  server.close();
});
