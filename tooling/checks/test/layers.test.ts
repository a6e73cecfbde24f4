import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { brokenEdges, circles } from "../src/layers.js";
import { repository } from "../src/workspace.js";

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "streamll-layers-"));
});
afterEach(() => rmSync(root, { recursive: true }));

function write(files: Record<string, string | object>): string {
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), typeof content === "string" ? content : JSON.stringify(content));
  }
  return root;
}

const edgesOf = (files: Record<string, string | object>) => brokenEdges(write(files));
const circlesOf = (files: Record<string, string | object>) => circles(write({ ...core, ...files }));

const core = { "packages/core/package.json": { name: "@streamll/core" } };
const sink = { "packages/sink/package.json": { name: "@streamll/sink" } };

test("core that imports the sink is named with its line, and the rule", () => {
  expect(
    edgesOf({
      ...core,
      "packages/core/src/a/x.ts": 'import "node:fs";\nimport { y } from "@streamll/sink";',
    }),
  ).toEqual(["packages/core/src/a/x.ts:2 imports @streamll/sink: core may import nothing of ours"]);
});

test.each([
  ["a type", 'import type { T } from "@streamll/sink/internal";'],
  ["a re-export", 'export * from "@streamll/sink";'],
  ["require", 'const s = require("@streamll/sink");'],
  ["require.resolve", 'const s = require.resolve("@streamll/sink");'],
  ["import =", 'import s = require("@streamll/sink");'],
  ["import()", 'const s = await import("@streamll/sink");'],
  ["a type by import()", 'type S = import("@streamll/sink").S;'],
  ["the command", 'import "streamll";'],
])("a transport may not reach the sink through %s", (_, source) => {
  const files = {
    "packages/transport-x/package.json": { name: "@streamll/transport-x" },
    "packages/transport-x/src/x.ts": source,
  };
  expect(edgesOf(files)).toEqual([
    expect.stringContaining("transport-x may import only @streamll/core, @streamll/transport-kit of ours"),
  ]);
});

test("connection may load a transport by import(), and the sink in no way", () => {
  const connection = { "packages/connection/package.json": { name: "@streamll/connection" } };
  const at = (source: string) => edgesOf({ ...connection, "packages/connection/src/x.ts": source });
  expect(at('const load = () => import("@streamll/transport-memory");')).toEqual([]);
  expect(at('import "@streamll/transport-memory";')).toEqual([
    "packages/connection/src/x.ts:1 imports @streamll/transport-memory: connection may load it only by import(), as an optional peer",
  ]);
  expect(at('const load = () => import("@streamll/transport-testkit");')).toHaveLength(1);
  const load = 'const load = () => import("@streamll/transport-memory");';
  expect(edgesOf({ ...sink, "packages/sink/src/x.ts": load })).toContainEqual(
    expect.stringContaining("sink may import only @streamll/core, @streamll/connection of ours"),
  );
});

test("connection is built with the description of a transport, and with nothing else of it", () => {
  const at = (path: string) =>
    edgesOf({
      "packages/connection/package.json": { name: "@streamll/connection" },
      "packages/connection/src/a/x.ts": `export * from "../../../${path}";`,
    });
  expect(at("transport-memory/src/description.js")).toEqual([]);
  expect(at("transport-amqp10/src/azure/options.js")).toEqual([]);
  for (const path of ["transport-memory/src/index.js", "core/src/description.js"])
    expect(at(path)).toEqual([expect.stringContaining("a relative import may not leave its package")]);
});

test("package.json is held to the same rule, save for devDependencies", () => {
  const name = "@streamll/transport-memory";
  const at = (manifest: object) =>
    edgesOf({ "packages/sink/package.json": { name: "@streamll/sink", ...manifest } });
  expect(at({ dependencies: { [name]: "*" } })).toHaveLength(1);
  expect(at({ peerDependencies: { [name]: "*" } })).toHaveLength(1);
  expect(
    at({ peerDependencies: { [name]: "*" }, peerDependenciesMeta: { [name]: { optional: true } } }),
  ).toEqual([]);
  expect(at({ devDependencies: { [name]: "*" } })).toEqual([]);
});

test("a relative import may not leave its package, and a package does not name itself", () => {
  const files = {
    ...sink,
    "packages/sink/src/a/x.ts":
      'import "../b.js";\nimport "../../../core/src/index.js";\nimport "@streamll/sink";',
  };
  expect(edgesOf(files)).toEqual([
    expect.stringContaining("x.ts:2 imports ../../../core/src/index.js: a relative import may not leave"),
    expect.stringContaining("x.ts:3 imports @streamll/sink: within a package"),
  ]);
});

test("tests may import anything; text that only looks like an import is none", () => {
  const files = {
    ...core,
    "packages/core/test/x.test.ts": 'import "@streamll/sink";',
    "packages/core/src/x.ts":
      '// import "@streamll/sink"\nexport const help = `import x from "@streamll/sink"`;',
  };
  expect(edgesOf(files)).toEqual([]);
});

test("a package that no rule knows is an error", () => {
  expect(edgesOf({ "packages/new/package.json": { name: "@streamll/new" } })).toEqual([
    "packages/new has no layer: give it a line in tooling/checks/src/layer-rules.ts",
  ]);
});

test.each([
  ["a value", 'import { b } from "./deep/b.js";'],
  ["a type", 'import type { B } from "./deep/b.js";'],
  ["a re-export", 'export * from "./deep/b.js";'],
  ["import()", 'const b = () => import("./deep/b.js");'],
])(
  "files of a package that import each other by %s are a circle, which is shown file by file",
  (_, source) => {
    const files = {
      "packages/core/src/a.ts": source,
      "packages/core/src/deep/b.ts": 'import { c } from "../c.js";',
      "packages/core/src/c.ts": 'import type { A } from "./a.js";',
      "packages/core/src/index.ts": 'export * from "./a.js";',
    };
    expect(circlesOf(files)).toEqual([
      "a circle of imports: packages/core/src/a.ts → packages/core/src/deep/b.ts → packages/core/src/c.ts → packages/core/src/a.ts",
    ]);
  },
);

test("each circle of a package is named, and a file that imports itself is one", () => {
  const files = {
    "packages/core/src/a.ts": 'import "./b.js";',
    "packages/core/src/b.ts": 'import "./a.js";',
    "packages/core/src/self.ts": 'import "./self.js";',
  };
  expect(circlesOf(files)).toHaveLength(2);
});

test("files that import one file by several ways are no circle", () => {
  const files = {
    "packages/core/src/a.ts": 'import "./b.js";\nimport "./c.js";',
    "packages/core/src/b.ts": 'import "./d.js";',
    "packages/core/src/c.ts": 'import "./b.js";\nimport "./d.js";',
    "packages/core/src/d.ts": 'import "node:fs";',
  };
  expect(circlesOf(files)).toEqual([]);
});

test("this repository keeps its layers, and no imports in it run in a circle", { timeout: 30_000 }, () => {
  expect(brokenEdges(repository)).toEqual([]);
  expect(circles(repository)).toEqual([]);
});
