import { readFileSync } from "node:fs";
import { expect, it } from "vitest";

const text = (path: string) => readFileSync(new URL(path, import.meta.url), "utf8");

it("docs/custom-transport.md quotes the example as it is", () => {
  const linesOf = (source: string) => source.split("\n").map((line) => line.trim());
  const example = new Set(linesOf(text("../src/ndjson-transport.ts")));
  const excerpts = text("../../../docs/custom-transport.md").matchAll(
    /^```ts no-run: an excerpt .*\n([\s\S]*?)^```$/gm,
  );
  const quoted = [...excerpts].flatMap(([, block]) => linesOf(block!.slice(block!.indexOf("export "))));
  // What makes an excerpt a module of its own is not in the example.
  const own =
    /^(export (const|async function|function) (connectionTo|writeGroups|appendWhole|end)\b.*|\};?)$/;
  const changed = quoted.filter((line) => line !== "" && !example.has(line) && !own.test(line));
  expect(quoted.length).toBeGreaterThan(60);
  expect(changed).toEqual([]);
});
