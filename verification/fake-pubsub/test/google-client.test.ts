import { PubSub } from "@google-cloud/pubsub";
import { expect, it } from "vitest";
import { startFakePubSub } from "../src/index.js";

it("Google's client publishes to the server, and receives from it what it published, in the order of a key", async () => {
  await using fake = await startFakePubSub({
    topics: ["events"],
    subscriptions: { all: { topic: "events", enableMessageOrdering: true } },
  });
  const client = new PubSub({ projectId: fake.project, apiEndpoint: fake.grpcHost, emulatorMode: true });
  const topic = client.topic("events", { messageOrdering: true });
  const sent = Array.from({ length: 200 }, (_, number) => String(number));
  await Promise.all(
    sent.map((text) =>
      topic.publishMessage({ data: Buffer.from(text), attributes: { number: text }, orderingKey: "k" }),
    ),
  );
  expect(fake.stored("events").map(({ data }) => data.toString())).toEqual(sent);

  const subscription = client.subscription("all");
  const received: string[] = [];
  const done = new Promise<void>((resolve, reject) => {
    subscription.on("error", reject);
    subscription.on("message", (message) => {
      received.push(message.data.toString());
      message.ack();
      if (received.length === sent.length) resolve();
    });
  });
  await done;
  await subscription.close();
  await client.close();
  expect(received).toEqual(sent);
});
