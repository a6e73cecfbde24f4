import { ServiceBusClient } from "@azure/service-bus";
import { describe, expect, it } from "vitest";
import { startFakeServiceBus } from "../src/index.js";

const options = { retryOptions: { maxRetries: 0, timeoutInMs: 5000 } };

describe("Microsoft's client", () => {
  it("sends one message, and receives and completes it", async () => {
    await using bus = await startFakeServiceBus({ entities: ["events"] });
    await using client = clientOf(bus.connectionString);
    await client.createSender("events").sendMessages({ body: { a: 1 }, messageId: "m1", subject: "s" });
    expect(bus.received("events").map(({ body }) => body?.toString())).toEqual(['{"a":1}']);
    const receiver = client.createReceiver("events");
    const [message] = await receiver.receiveMessages(1, { maxWaitTimeInMs: 1000 });
    expect(message).toMatchObject({ body: { a: 1 }, messageId: "m1", subject: "s", deliveryCount: 0 });
    await receiver.completeMessage(message!);
    expect(await receiver.receiveMessages(1, { maxWaitTimeInMs: 50 })).toEqual([]);
    expect(bus.protocolErrors).toEqual([]);
  });
});

function clientOf(connectionString: string) {
  const client = new ServiceBusClient(connectionString, options);
  return Object.assign(client, { [Symbol.asyncDispose]: () => client.close() });
}
