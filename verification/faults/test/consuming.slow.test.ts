import { brokersForTests } from "@streamll/brokers";
import { describe, expect, it } from "vitest";
import { consumingFaults, isForBroker } from "../src/consuming/matrix/index.js";
import { runConsuming } from "../src/consuming/run.js";

describe.each(brokersForTests())("a consumer on RabbitMQ $version", (broker) => {
  const faults = consumingFaults.filter((fault) => fault.fast && isForBroker(fault, broker.version));
  it.skipIf(!broker.owned).each(faults.map((fault) => [fault.title, fault] as const))(
    "loses nothing and keeps the order: %s",
    async (_, fault) => {
      expect((await runConsuming(fault, broker)).deviations).toEqual([]);
    },
    180_000,
  );
});
