import { brokersForTests } from "@streamll/brokers";
import { startFakeServiceBus } from "@streamll/fake-service-bus";
import { afterAll, describe, expect, it } from "vitest";
import { consumingFaults, protocolsAt } from "../src/consuming/matrix/index.js";
import { runFault } from "../src/consuming/run-fault.js";
import type { ConsumingPlace } from "../src/consuming/seat.js";

const patient = { timeout: 180_000 };

const seatsAt = (place: ConsumingPlace) =>
  consumingFaults.flatMap((fault) =>
    protocolsAt(fault, place)
      .filter((over) => fault.fast?.includes(over))
      .map((over) => ({ fault, over, place })),
  );

describe.each(brokersForTests())("a consumer on RabbitMQ $version", patient, (broker) => {
  it.skipIf(!broker.owned).for(seatsAt(broker))(
    "loses nothing and keeps the order over $over: $fault.title",
    async (seat) => {
      expect((await runFault(seat)).deviations).toEqual([]);
    },
  );
});

describe("a consumer on a server as Azure Service Bus", patient, async () => {
  const bus = await startFakeServiceBus();
  afterAll(() => bus.close());
  it.for(seatsAt(bus))("loses nothing: $fault.title", async (seat) => {
    expect((await runFault(seat)).deviations).toEqual([]);
  });
});
