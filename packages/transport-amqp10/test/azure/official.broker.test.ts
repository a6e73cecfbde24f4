import { ServiceBusClient, type ServiceBusReceivedMessage } from "@azure/service-bus";
import { startFakeServiceBus } from "@streamll/fake-service-bus";
import { expect, it } from "vitest";
import { publish } from "../support/connect.js";
import { defaults, message, messages } from "../support/options.js";
import { openBus, QUEUE } from "./support/bus.js";

it("Microsoft's client receives what was sent, single and in batches, with all that a message has", async () => {
  await using bus = await startFakeServiceBus({ entities: [QUEUE] });
  await using lane = await openBus(bus, {
    message: defaults({ exchange: QUEUE, mandatory: false, expirationMs: 60_000 }),
  });
  const single = message({
    headers: { team: "rag", score: 0.5, count: 7, ok: true },
    own: { partitionKey: "p" },
  });
  await publish(lane.connection, [single]);
  const batch = messages(500);
  await publish(lane.connection, batch);
  expect(bus.transfers.map((transfer) => transfer.messages)).toEqual([1, 500]);

  const client = new ServiceBusClient(bus.connectionString);
  const receiver = client.createReceiver(QUEUE);
  const got: ServiceBusReceivedMessage[] = [];
  while (got.length < 501) {
    const some = await receiver.receiveMessages(501 - got.length, { maxWaitTimeInMs: 5000 });
    for (const one of some) await receiver.completeMessage(one);
    got.push(...some);
  }
  await client.close();

  expect(got[0]).toMatchObject({
    messageId: single.messageId,
    correlationId: single.correlationId,
    subject: single.routingKey,
    contentType: "application/json",
    partitionKey: "p",
    timeToLive: 60_000,
    body: JSON.parse(single.body().toString()),
    applicationProperties: { team: "rag", score: 0.5, count: 7, ok: true, type: single.type },
  });
  expect(got.slice(1).map(({ messageId }) => messageId)).toEqual(batch.map(({ messageId }) => messageId));
});
