import { brokersForTests } from "@streamll/brokers";
import { expect, it } from "vitest";
import { replayThroughKills } from "../src/replay/run.js";

it("a replay of dead letters that is killed again and again loses none, and names each that may be double", async () => {
  const { url } = brokersForTests().at(-1)!;
  const run = await replayThroughKills({ url, letters: 20_000, kills: 4, progress: () => {} });
  expect(run).toMatchObject({ lost: 0, unnamed: 0, wrong: [] });
});
