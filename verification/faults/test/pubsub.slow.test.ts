import { startFakePubSub } from "@streamll/fake-pubsub";
import { expect, it } from "vitest";
import { deviations } from "../src/compare.js";
import { runRow } from "../src/run-row.js";
import { fastRows, patient } from "./support/fast-rows.js";

it.for(fastRows.filter(({ over }) => over === "pubsub"))(
  "fault $number over $over: $title",
  patient,
  async (row) => {
    await using fake = await startFakePubSub();
    expect(deviations(await runRow(row, fake), row.expect)).toEqual([]);
  },
);
