import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import ts from "typescript";
import { expect, it } from "vitest";

const file = new URL("../../../integrations/grafana/streamll-sinks.json", import.meta.url);
const dashboard = readFileSync(file, "utf8").trim();
const program = fileURLToPath(new URL("support/dashboard.ts", import.meta.url));

/** What TypeScript says of the dashboard as a value of Grafana's types. */
function faultsOf(json: string): string[] {
  const text = `import type { PrometheusDashboard } from "./grafana.js";\nexport const dashboard = ${json} satisfies PrometheusDashboard;\n`;
  const options: ts.CompilerOptions = {
    ...{ strict: true, noEmit: true, skipLibCheck: true, types: [] },
    target: ts.ScriptTarget.ES2022,
    module: ts.ModuleKind.NodeNext,
  };
  const host = ts.createCompilerHost(options);
  const { fileExists, getSourceFile } = host;
  host.fileExists = (name) => name === program || fileExists(name);
  host.getSourceFile = (name, language) =>
    name === program ? ts.createSourceFile(name, text, language) : getSourceFile(name, language);
  return ts
    .getPreEmitDiagnostics(ts.createProgram([program], options, host))
    .map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, "\n"));
}

it("the dashboard fits the types that Grafana generates from its schema", { timeout: 60_000 }, () => {
  expect(faultsOf(dashboard)).toEqual([]);
});

it.each([
  ["a unit", '"unit": "s"', '"units": "s"'],
  ["the type of a panel", '"type": "gauge"', '"type": "gage"'],
  ["a choice of an option", '"placement": "bottom"', '"placement": "below"'],
  ["an expression", '"expr"', '"expression"'],
])(
  "a dashboard with %s that Grafana does not know would be found",
  { timeout: 60_000 },
  (_, right, wrong) => {
    expect(dashboard).toContain(right);
    expect(faultsOf(dashboard.replace(right, wrong))).not.toEqual([]);
  },
);

it("each variable of the dashboard asks what it says that it asks", () => {
  const { templating } = JSON.parse(dashboard) as {
    templating: { list: { type: string; definition?: string; query: string | { query: string } }[] };
  };
  const asking = templating.list.filter(({ type }) => type === "query");
  expect(asking).toHaveLength(2);
  for (const { definition, query } of asking) expect(query).toMatchObject({ query: definition });
});
