import { protonMissing, readWithProton, sendWithProton } from "@streamll/brokers";
import { describe, expect, it } from "vitest";
import { startFakeServiceBus } from "../src/index.js";
import { clientOf } from "./support/client.js";

// Microsoft's client and this server both stand on rhea, so a fault of rhea's could hide here.
describe.skipIf(protonMissing())("Qpid Proton", () => {
  const key = "s+/=";
  const bus = () => startFakeServiceBus({ entities: ["events"], keys: { all: key } });
  const urlOf = (port: number) => `amqp://all:${encodeURIComponent(key)}@localhost:${port}`;

  it("reads what Microsoft's client sent, alone and in a batch", async () => {
    await using server = await bus();
    await using client = clientOf(server.connectionString);
    const sender = client.createSender("events");
    const properties = { text: "naïve", number: 1.5, yes: true };
    await sender.sendMessages({ body: "one", messageId: "m0", applicationProperties: properties });
    await sender.sendMessages(
      [1, 2, 3].map((body) => ({ body, messageId: `m${body}`, sessionId: "s1", timeToLive: 60_000 })),
    );

    const messages = await readWithProton(urlOf(server.port), "events", 4);
    expect(messages.map(({ id, body }) => [id, body])).toEqual([
      ["m0", '"one"'],
      ["m1", "1"],
      ["m2", "2"],
      ["m3", "3"],
    ]);
    expect(messages[0]).toMatchObject({ properties, annotations: { "x-opt-sequence-number": 1 } });
    expect(messages[1]).toMatchObject({ groupId: "s1", ttl: 60 });
    expect(server.protocolErrors).toEqual([]);
  });

  it("sends what Microsoft's client reads", async () => {
    await using server = await bus();
    await sendWithProton(urlOf(server.port), "events", [{ body: '"one"', id: "m1", subject: "s" }]);
    await using client = clientOf(server.connectionString);
    const [message] = await client.createReceiver("events").receiveMessages(1, { maxWaitTimeInMs: 5_000 });
    expect(message).toMatchObject({ body: "one", messageId: "m1", subject: "s" });
    expect(server.protocolErrors).toEqual([]);
  });
});
