import { readdirSync, readFileSync } from "node:fs";
import { type LogName, logLines } from "@streamll/core/internal";
import { describe, expect, it } from "vitest";

const root = new URL("../../../", import.meta.url);
const read = (path: string) => readFileSync(new URL(path, root), "utf8");

const sources = readdirSync(new URL("packages/", root), { recursive: true, encoding: "utf8" })
  .filter((path) => /^[^/]+\/src\/.*\.ts$/.test(path))
  .map((path) => ({ path, text: read(`packages/${path}`) }));

describe("the page of operations", () => {
  const rows = [...read("docs/operations.md").matchAll(/^\| `([a-z_]+)` \| (\w+) \| (\w+) \| (.*?) \|/gm)];
  const documented = rows.map(([, name, level, cadence, fields]) => ({
    name,
    level,
    cadence,
    fields: [...fields!.matchAll(/`(\w+)`/g)].map(([, field]) => field),
  }));

  it("lists every line of the log with its level and fields, once, and no other", () => {
    const lines = Object.entries(logLines).map(([name, line]) => ({ name, ...line }));
    expect(documented).toEqual(lines);
  });
});

describe("the source", () => {
  it("says each line somewhere", () => {
    // Names of lines are names of events too: only a call counts, or the line of a problem.
    const calls = sources.flatMap(
      ({ text }) => text.match(/(\blog|\blogLine|\blost|omplain|warnOnce)\([^;]*;|\bline: "\w+"/g) ?? [],
    );
    const unsaid = (Object.keys(logLines) as LogName[]).filter(
      (name) => !calls.some((call) => call.includes(`"${name}"`)),
    );
    expect(unsaid).toEqual([]);
  });

  it("says nothing that has no name", () => {
    const direct = /\blogger\??\.(debug|info|warn|error)\(|\blogger\[/;
    const nameless = sources.filter(
      ({ path, text }) => direct.test(text) && !path.endsWith("core/src/telemetry/log-lines.ts"),
    );
    expect(nameless.map(({ path }) => path)).toEqual([]);
  });
});
