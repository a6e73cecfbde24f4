import { type Broker, unreadable } from "@streamll/brokers";
import { startFakeServiceBus } from "@streamll/fake-service-bus";
import { describe, expect, it } from "vitest";
import { isFor } from "../../src/bench.js";
import { deviations } from "../../src/compare.js";
import { matrix } from "../../src/matrix.js";
import { isBuilt } from "../../src/row.js";
import { runRow } from "../../src/run-row.js";

const rows = matrix.filter(isBuilt).filter(({ fast }) => fast);
const patient = { timeout: 120_000 };

/** The fast half of the matrix, as tests. `npm run faults` runs it all. */
export function testFastRows(brokers: readonly Broker[]): void {
  describe.each(brokers)("on RabbitMQ $version", patient, (broker) => {
    const own = rows.filter((row) => isFor(row, broker));
    it.for(own)("fault $number, $title", { skip: !broker.owned }, async (row, test) => {
      test.skip(unreadable() !== undefined, unreadable());
      expect(deviations(await runRow(row, broker), row.expect)).toEqual([]);
    });
  });
}

/** As {@link testFastRows}, of Azure Service Bus. */
export function testFastRowsOfServiceBus(): void {
  it.for(rows.filter(({ over }) => over === "service-bus"))("fault $number, $title", patient, async (row) => {
    await using bus = await startFakeServiceBus();
    expect(deviations(await runRow(row, bus), row.expect)).toEqual([]);
  });
}
