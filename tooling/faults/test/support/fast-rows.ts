import { type Broker, unreadable } from "@streamll/brokers";
import { describe, expect, it } from "vitest";
import { deviations } from "../../src/compare.js";
import { matrix } from "../../src/matrix.js";
import { isBuilt } from "../../src/row.js";
import { runRow } from "../../src/run-row.js";

const rows = matrix.filter(isBuilt).filter(({ fast, on }) => fast && on === undefined);

/** The fast half of the matrix, as tests. `npm run faults` runs it all. */
export function testFastRows(brokers: readonly Broker[]): void {
  describe.each(brokers)("on RabbitMQ $version", { timeout: 120_000 }, (broker) => {
    it.for(rows)("fault $number, $title", { skip: !broker.owned }, async (row, test) => {
      test.skip(unreadable() !== undefined, unreadable());
      expect(deviations(await runRow(row, broker), row.expect)).toEqual([]);
    });
  });
}
