import { type FakeServiceBus, startFakeServiceBus } from "@streamll/fake-service-bus";
import type { RabbitMQSink, RabbitMQSinkOptions } from "@streamll/sink";
import { expect, it } from "vitest";
import { identitySink, keySink } from "../src/sinks.js";

const key = "c2VjcmV0+k/y=";

async function send(sinkFor: (bus: FakeServiceBus, place: RabbitMQSinkOptions) => RabbitMQSink) {
  await using bus = await startFakeServiceBus({ entities: ["dspy-events"], keys: { Send: key }, tls: true });
  const sink = sinkFor(bus, { amqpUrl: `sb://${bus.host}:${bus.port}`, tls: { ca: bus.ca! } });
  for (const eventType of ["start", "end"]) sink.handleEvent({ eventType, operation: "answer" });
  const { sent } = await sink.stop();
  return { sent, events: bus.received("dspy-events").map(({ message }) => message), tokens: bus.tokens };
}

it("the guide's options with a key bring events into the queue, to live for an hour", async () => {
  const { sent, events, tokens } = await send((_, place) => keySink("Send", key, place));
  expect(sent).toBe(2);
  expect(events).toMatchObject([
    { subject: "start", ttl: 3_600_000, durable: true },
    { subject: "end", ttl: 3_600_000, durable: true },
  ]);
  expect(tokens[0]?.type).toBe("servicebus.windows.net:sastoken");
});

it("the guide's options with an identity do, too", async () => {
  const { sent, events, tokens } = await send((bus, place) => {
    const getToken = async () => ({
      token: bus.entraToken(3_600_000),
      expiresOnTimestamp: Date.now() + 3_600_000,
    });
    return identitySink({ getToken }, place);
  });
  expect(sent).toBe(2);
  expect(events.map(({ subject }) => subject)).toEqual(["start", "end"]);
  expect(tokens[0]?.type).toBe("jwt");
});

it("both are written as the guide has them, and reach its namespace", () => {
  for (const sink of [keySink("Send", key), identitySink()]) {
    const { transport, provider, endpoints } = sink.explain();
    expect(transport).toBe("service-bus");
    expect(provider).toBe("Azure Service Bus");
    expect(endpoints[0]).toMatch(
      /^amqps:\/\/(Send:\*\*\*@)?your-namespace\.servicebus\.windows\.net:5671\/$/,
    );
  }
});
