import { expect, it } from "vitest";
import { onNewerNode } from "../../../sources/test/newer-node.js";
import { checkPlayed } from "./expected.js";
import type { Played } from "./scene.js";

it("a consumer exports the same metrics and spans with OpenTelemetry 3", { timeout: 300_000 }, async () => {
  const played = await onNewerNode<Played>(new URL("consumer-on-3.ts", import.meta.url));
  checkPlayed(played);
  expect(played.spans).toHaveLength(4);
});
