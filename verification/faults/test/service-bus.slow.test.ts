import { startFakeServiceBus } from "@streamll/fake-service-bus";
import { expect, it } from "vitest";
import { deviations } from "../src/compare.js";
import { runRow } from "../src/run-row.js";
import { fastRows, patient } from "./support/fast-rows.js";

it.for(fastRows.filter(({ over }) => over === "service-bus"))(
  "fault $number over $over: $title",
  patient,
  async (row) => {
    await using bus = await startFakeServiceBus();
    expect(deviations(await runRow(row, bus), row.expect)).toEqual([]);
  },
);
