import { beforeAll, describe, expect, it } from "vitest";
import { onNewerNode } from "../newer-node.js";
import type { RunResult } from "../run-twice.js";
import { faultsOf, treeOf } from "../tree.js";
import { trees } from "./trees.js";

describe("a recorded client of OpenAI 7", () => {
  let results: Record<string, RunResult>;
  beforeAll(async () => {
    results = await onNewerNode(new URL("on-7.ts", import.meta.url));
  }, 300_000);

  it.each(Object.keys(trees))("returns the same with recording, and records all calls: %s", (name) => {
    const { bare, result, events } = results[name]!;
    expect(result).toEqual(bare);
    expect(faultsOf(events)).toEqual([]);
    const [, ...calls] = treeOf(events).split("\n");
    expect(calls.map((line) => line.trim())).toEqual(trees[name]);
  });
});
