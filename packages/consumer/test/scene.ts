import { EventConsumer, type EventConsumerOptions } from "@streamll/consumer";
import { silentLogger } from "@streamll/core";
import { RabbitMQSink } from "@streamll/sink";
import { MemoryBroker } from "@streamll/transport-memory";
import { expect } from "vitest";

const quick = { retry: { attempts: 2, backoffMs: 1 }, drainTimeout: 2, logger: silentLogger } as const;

/** A broker with an exchange, a sink to it, and consumers of it. */
export function scene() {
  const broker = new MemoryBroker();
  const transport = broker.transport();
  const sink = new RabbitMQSink({
    transport,
    exchange: "events",
    routingKey: "{module_name}.{event_type}",
    queue: false,
    mandatory: false,
  });
  const consumer = (options: EventConsumerOptions) =>
    new EventConsumer({ transport, exchange: "events", queue: "team", ...quick, ...options });
  const settled = (consumer: EventConsumer) =>
    expect.poll(() => broker.depth("team") + consumer.health().pending, { timeout: 10_000 }).toBe(0);
  /** Puts an event of each of these numbers into the queue. */
  const put = async (...numbers: readonly number[]) => {
    broker.declareQueue("team");
    for (const n of numbers)
      broker.publish({
        routingKey: "team",
        messageId: `event-${n}`,
        correlationId: "run",
        body: JSON.stringify({ event_type: "end", execution_id: "run", data: { n } }),
      });
  };
  return { broker, sink, consumer, settled, put };
}
