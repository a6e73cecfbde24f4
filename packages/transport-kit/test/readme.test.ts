import { readFileSync } from "node:fs";
import * as kit from "@streamll/transport-kit";
import { expect, it } from "vitest";

it("the README names every export", () => {
  const readme = readFileSync(new URL("../README.md", import.meta.url), "utf8");
  const table = readme.slice(readme.indexOf("## What is in it"));
  expect(Object.keys(kit).filter((name) => !table.includes(`\`${name}\``))).toEqual([]);
});
