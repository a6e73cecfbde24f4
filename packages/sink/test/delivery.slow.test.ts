import { readQueue, unreadable } from "@streamll/brokers";
import { RabbitMQSink } from "@streamll/sink";
import { describe, expect, it } from "vitest";
import { optionsFor, outOfOrder, patient, program, spoken, testDelivery } from "./support/delivery.js";
import { scratchName } from "./support/queue.js";

testDelivery(
  100_000,
  spoken.filter(({ amqpVersion }) => amqpVersion === "0-9-1"),
);

describe.each(spoken)("on RabbitMQ $version over AMQP $amqpVersion", ({ broker, amqpVersion }) => {
  it("a broker killed in mid-run loses none of 30,000", patient, async (test) => {
    test.skip(!broker.owned, "kills the broker");
    test.skip(unreadable() !== undefined, unreadable());
    await using scratch = scratchName(broker);
    const sent = [...program(30_000)];
    const sink = new RabbitMQSink({
      ...optionsFor(broker, amqpVersion, scratch.name),
      maxBufferedEvents: 10_000,
    });
    await sink.start();
    // Else the queue itself may be gone: its declaration is written down seconds after it was answered.
    await broker.ctl("eval", "mnesia:sync_log().");
    let killed: Promise<void> | undefined;
    const kill = async () => {
      await broker.kill();
      await broker.start();
    };
    for (const event of sent) {
      while (!sink.handleEvent(event)) await sink.ready();
      if (sink.stats().events_sent >= 10_000) killed ??= kill();
    }
    await killed;
    expect(await sink.stop()).toMatchObject({ failed: 0, dropped: 0, pending: 0 });
    expect(sink.stats()).toMatchObject({ events_sent: 30_000, events_failed: 0 });
    expect(sink.stats().reconnects).toBeGreaterThan(0);

    const found = await readQueue(broker, scratch.name);
    expect(new Set(found.map(({ messageId }) => messageId))).toEqual(
      new Set(sent.map(({ eventId }) => eventId)),
    );
    // At most what was in flight when the broker died came twice.
    expect(found.length - sent.length).toBeLessThanOrEqual(4096);
    expect(outOfOrder(found)).toEqual([]);
  });
});
