import { startBroker } from "@streamll/brokers";
import { EventConsumer } from "@streamll/consumer";
import { silentLogger } from "@streamll/core";
import { RabbitMQSink } from "@streamll/sink";
import { expect, it } from "vitest";

/** Milliseconds: the broker gives up a delivery that is not acknowledged by then. */
const CONSUMER_TIMEOUT = 2000;
const HANDLER_MS = 5000;

it.each([["classic"], ["quorum"]] as const)(
  "a handler that outlasts consumer_timeout keeps its event, though the broker ends the channel (406), on a %s queue",
  async (queueType) => {
    const config = { consumer_timeout: CONSUMER_TIMEOUT, channel_tick_interval: 500 };
    const broker = await startBroker({ generation: "4.0", config });
    const sink = new RabbitMQSink({ amqpUrl: broker.url, exchange: "x", queue: false, logger: silentLogger });
    const handled: unknown[] = [];
    const reasons: string[] = [];
    await using consumer = new EventConsumer({
      url: broker.url,
      exchange: "x",
      queue: "q",
      queueType,
      maxDeliveries: 0,
      logger: silentLogger,
      async handle({ data }) {
        if (data.n === 0) await new Promise((resolve) => setTimeout(resolve, HANDLER_MS));
        handled.push(data.n);
      },
    });
    consumer.on("disconnected", ({ error }) => reasons.push(String(error?.message)));
    try {
      await consumer.start();
      for (let n = 0; n < 50; n++)
        await sink.publish({ eventType: "end", executionId: `run ${n % 5}`, data: { n } });
      await expect.poll(() => handled.length, { timeout: 60_000 }).toBe(50);
      // In order within each execution, the long one included.
      for (let run = 0; run < 5; run++) {
        const own = handled.filter((n) => Number(n) % 5 === run).map(Number);
        expect(own).toEqual(own.toSorted((one, other) => one - other));
      }
      expect(reasons[0]).toMatch(/406|timeout|timed out/i);
      await expect.poll(() => consumer.lag(), { timeout: 30_000 }).toBe(0);
      await expect.poll(() => consumer.health().pending, { timeout: 30_000 }).toBe(0);
      await sink.stop();
      expect(await consumer.stop()).toMatchObject({ handled: 50 });
    } finally {
      await consumer.stop();
      await broker.close();
    }
  },
  180_000,
);
