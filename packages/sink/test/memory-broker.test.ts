import { MemoryBroker } from "@streamll/transport-memory";
import { describe, expect, it, onTestFinished } from "vitest";
import { RabbitMQSink, type RabbitMQSinkOptions } from "../src/index.js";

const event = (operation: string) => ({ eventType: "step", operation });

let made = 0;

describe.each([
  [
    "broker.transport()",
    () => {
      const broker = new MemoryBroker();
      return { broker, where: { transport: broker.transport() } };
    },
  ],
  [
    "a memory: URL",
    () => {
      const name = `sink-${made++}`;
      return { broker: MemoryBroker.named(name), where: { amqpUrl: `memory:${name}` } };
    },
  ],
])("an in-process broker by %s", (_how, open) => {
  function sinkTo(options: RabbitMQSinkOptions = {}) {
    const { broker, where } = open();
    const sink = new RabbitMQSink({ ...where, ...options });
    onTestFinished(async () => void (await sink.stop()));
    return { broker, sink };
  }

  it("has the exchange and the queue that the options describe, and what was sent", async () => {
    const { broker, sink } = sinkTo({ exchange: "orders", messageTtl: "1h" });
    for (const operation of ["a", "b"]) sink.handleEvent(event(operation));
    await sink.flush();
    expect(() => broker.declareQueue("orders")).toThrow(
      "inequivalent arg 'x-message-ttl' for queue \"orders\": received none but current is 3600000",
    );
    expect(broker.consume("orders").map(({ routingKey }) => routingKey)).toEqual([
      "streamll.step.a",
      "streamll.step.b",
    ]);
  });

  it("gives back what no queue takes", async () => {
    const { sink } = sinkTo({ queue: false, maxRetries: 0 });
    await expect(sink.publish(event("a"))).rejects.toMatchObject({ code: "UNROUTABLE" });
  });

  it("fails to start on a conflict, and says both values", async () => {
    const { broker, sink } = sinkTo({ exchange: "orders", exchangeType: "fanout" });
    broker.declareExchange("orders", "direct");
    await expect(sink.start()).rejects.toMatchObject({
      kind: "topology-conflict",
      message: expect.stringMatching(/^memory:.*received "fanout" but current is "direct"/),
    });
  });

  it("gets every event when it drops connections, blocks, is silent and answers with nacks", async () => {
    const { broker, sink } = sinkTo({ confirmTimeout: "100ms", retryBackoffMs: 1, maxRetryBackoffMs: 5 });
    const { faults } = broker;
    await sink.start();
    const sent: string[] = [];
    const send = () => {
      for (let n = 0; n < 100; n++) sent.push(String(sent.length));
      for (const operation of sent.slice(-100)) expect(sink.handleEvent(event(operation))).toBe(true);
    };
    send();
    faults.nack(3);
    send();
    faults.delayConfirms(10);
    faults.disconnect();
    send();
    await sink.flush();
    faults.block();
    send();
    faults.unblock();
    faults.silence();
    send();
    setTimeout(() => faults.heal(), 150);
    await sink.flush();
    expect(sink.stats()).toMatchObject({ events_sent: sent.length, events_failed: 0, events_dropped: 0 });
    const arrived = new Set(broker.consume("streamll_events").map(({ routingKey }) => routingKey));
    expect(arrived).toEqual(new Set(sent.map((operation) => `streamll.step.${operation}`)));
  });
});
