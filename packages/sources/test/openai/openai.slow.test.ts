import { beforeAll, describe, expect, it } from "vitest";
import { onNewerNode } from "../newer-node.js";
import type { Told } from "../told.js";
import { faultsOf, treeOf } from "../tree.js";
import { trees } from "./trees.js";

describe("a recorded client of OpenAI 7", () => {
  let told: Record<string, Told>;
  beforeAll(async () => {
    told = await onNewerNode(new URL("on-7.ts", import.meta.url));
  }, 300_000);

  it.each(Object.keys(trees))("gives what it gives without, and tells all of it: %s", (name) => {
    const { bare, result, events } = told[name]!;
    expect(result).toEqual(bare);
    expect(faultsOf(events)).toEqual([]);
    const [, ...calls] = treeOf(events).split("\n");
    expect(calls.map((line) => line.trim())).toEqual(trees[name]);
  });
});
