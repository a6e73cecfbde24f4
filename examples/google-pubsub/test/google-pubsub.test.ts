import { startFakePubSub } from "@streamll/fake-pubsub";
import { expect, it } from "vitest";
import { pubsubSink } from "../src/sink.js";

it("the guide's options bring events into the topic", async () => {
  await using fake = await startFakePubSub({
    project: "your-project",
    topics: ["dspy-events-topic"],
    auth: true,
    tls: true,
  });
  const { client_email, private_key } = fake.account();
  // But for the address, which is Google's own, and the certificate.
  const sink = pubsubSink(client_email, private_key, { pubsubEndpoint: fake.host, tls: { ca: fake.ca! } });
  for (const eventType of ["start", "end"]) sink.handleEvent({ eventType, operation: "answer" });
  expect(await sink.stop()).toMatchObject({ sent: 2, failed: 0 });
  expect(fake.stored("dspy-events-topic").map(({ attributes }) => attributes.type)).toEqual(["start", "end"]);
});

it("they are written as the guide has them, and reach Google", async () => {
  await using fake = await startFakePubSub({ project: "your-project" });
  const { client_email, private_key } = fake.account();
  const { transport, endpoints } = pubsubSink(client_email, private_key).explain();
  expect(transport).toBe("pubsub");
  expect(endpoints).toEqual([
    "pubsub://sender%40your-project.iam.gserviceaccount.com:***@pubsub.googleapis.com:443/your-project",
  ]);
});
