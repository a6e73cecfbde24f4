import { type Broker, brokersForTests, type FoundMessage, readQueue, unreadable } from "@streamll/brokers";
import { createEvent, type StreamllEvent, toWire } from "@streamll/core";
import { RabbitMQSink } from "@streamll/sink";
import { describe, expect, it } from "vitest";
import { scratchName } from "./queue.js";

const EXECUTIONS = 500;

/** Events of many executions, in turn; each says which one of its execution it is. */
export function* program(count: number): Generator<StreamllEvent> {
  for (let i = 0; i < count; i++) {
    yield createEvent({
      executionId: `execution-${i % EXECUTIONS}`,
      eventType: i % 7 === 0 ? "end" : "token",
      moduleName: "Retriever",
      operation: "search",
      data: {
        step: Math.floor(i / EXECUTIONS),
        text: `naïve “π” ${i} 🐇\n`,
        nested: { list: [1, null, true, i / 3] },
      },
      tags: { team: "search" },
    });
  }
}

/** Hands events over at the sink's pace. */
async function handOver(sink: RabbitMQSink, events: Iterable<StreamllEvent>): Promise<void> {
  for (const event of events) {
    while (!sink.handleEvent(event)) await sink.ready();
  }
}

/** Whether each execution's steps rise, when of an event that came twice only the first is looked at. */
export function outOfOrder(found: readonly FoundMessage[]): FoundMessage[] {
  const seen = new Set<string>();
  const last = new Map<string, number>();
  return found.filter((message) => {
    if (seen.has(message.messageId)) return false;
    seen.add(message.messageId);
    const { step } = (JSON.parse(message.body) as { data: { step: number } }).data;
    const before = last.get(message.correlationId) ?? -1;
    last.set(message.correlationId, step);
    return step !== before + 1;
  });
}

/** A busy machine takes ten times as long. */
export const patient = { timeout: 600_000 };

type Version = "0-9-1" | "1.0";

/** RabbitMQ 4 speaks both. */
export const spoken = brokersForTests().flatMap((broker) => {
  const both: Version[] = broker.version.startsWith("3.") ? ["0-9-1"] : ["0-9-1", "1.0"];
  return both.map((amqpVersion) => ({ broker, version: broker.version, amqpVersion }));
});

export const optionsFor = (broker: Broker, amqpVersion: Version, name: string) =>
  ({
    amqpUrl: broker.url,
    amqpVersion,
    exchange: name,
    routingKey: "app.{module_name}.{event_type}",
    queue: name,
    flushTimeout: "4m",
  }) as const;

/** Events through the sink and a real broker, read back by a client that shares nothing with ours. */
export function testDelivery(count: number, over = spoken): void {
  describe.each(over)("on RabbitMQ $version over AMQP $amqpVersion", ({ broker, amqpVersion }) => {
    const title = "events arrive exactly once, in order within each execution, equal to what was sent";
    it(`${count} ${title}`, patient, async (test) => {
      test.skip(unreadable() !== undefined, unreadable());
      await using scratch = scratchName(broker);
      const sent = [...program(count)];
      const sink = new RabbitMQSink(optionsFor(broker, amqpVersion, scratch.name));
      await handOver(sink, sent);
      expect(await sink.stop()).toMatchObject({ failed: 0, dropped: 0, pending: 0 });
      expect(sink.stats()).toMatchObject({ events_sent: count, events_retried: 0 });

      const found = await readQueue(broker, scratch.name);
      expect(found).toHaveLength(sent.length);
      const wire = new Map(sent.map((event) => [event.eventId, JSON.stringify(toWire(event))]));
      const different = found.filter(({ messageId, body }) => {
        const isSame = wire.get(messageId) === body;
        wire.delete(messageId);
        return !isSame;
      });
      expect(different).toEqual([]);
      expect(wire.size).toBe(0);
      expect(outOfOrder(found)).toEqual([]);
      expect(found[0]).toMatchObject({
        key: "app.Retriever.end",
        correlationId: "execution-0",
        type: "end",
        contentType: "application/json",
        deliveryMode: 2,
        headers: {
          event_type: "end",
          operation: "search",
          module_name: "Retriever",
          execution_id: "execution-0",
        },
      });
    });
  });
}
