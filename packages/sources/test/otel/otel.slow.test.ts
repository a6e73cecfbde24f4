import type { StreamllEvent } from "@streamll/core";
import { beforeAll, describe, expect, it } from "vitest";
import { onNewerNode } from "../newer-node.js";
import { faultsOf, treeOf } from "../tree.js";
import { trees } from "./trees.js";

describe("OpenTelemetry 3", () => {
  let told: Record<string, StreamllEvent[]>;
  beforeAll(async () => {
    told = await onNewerNode(new URL("on-3.ts", import.meta.url));
  }, 300_000);

  it.each(Object.entries(trees))("makes the tree of %s", (name, tree) => {
    expect(faultsOf(told[name]!)).toEqual([]);
    expect(treeOf(told[name]!)).toBe(tree);
  });
});
