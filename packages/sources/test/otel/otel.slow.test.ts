import type { StreamllEvent } from "@streamll/core";
import { beforeAll, describe, expect, it } from "vitest";
import { onNewerNode } from "../newer-node.js";
import { faultsOf, treeOf } from "../tree.js";
import { trees } from "./trees.js";

describe("OpenTelemetry 3", () => {
  let results: Record<string, StreamllEvent[]>;
  beforeAll(async () => {
    results = await onNewerNode(new URL("on-3.ts", import.meta.url));
  }, 300_000);

  it.each(Object.entries(trees))("is recorded as the tree of %s", (name, tree) => {
    expect(faultsOf(results[name]!)).toEqual([]);
    expect(treeOf(results[name]!)).toBe(tree);
  });
});
