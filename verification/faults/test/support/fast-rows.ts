import { type Broker, unreadable } from "@streamll/brokers";
import { describe, expect, it } from "vitest";
import { isFor } from "../../src/bench.js";
import { deviations } from "../../src/compare.js";
import { matrix } from "../../src/matrix/index.js";
import { runRow } from "../../src/run-row.js";

export const fastRows = matrix.filter(({ fast }) => fast);
export const patient = { timeout: 120_000 };

/** The fast half of the matrix on RabbitMQ, as tests. `npm run faults` runs it all. */
export function testFastRows(brokers: readonly Broker[]): void {
  describe.each(brokers)("on RabbitMQ $version", patient, (broker) => {
    const own = fastRows.filter((row) => isFor(row, broker));
    it.for(own)("fault $number over $over: $title", { skip: !broker.owned }, async (row, test) => {
      test.skip(unreadable() !== undefined, unreadable());
      expect(deviations(await runRow(row, broker), row.expect)).toEqual([]);
    });
  });
}
