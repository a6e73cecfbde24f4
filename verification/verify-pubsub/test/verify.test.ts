import { startFakePubSub } from "@streamll/fake-pubsub";
import { expect, it, vi } from "vitest";
import { verify } from "../src/verify.js";

it("what the sink sent is what Google's client receives, each execution in its order", async () => {
  vi.stubEnv("METADATA_SERVER_DETECTION", "none");
  await using fake = await startFakePubSub({
    topics: ["verify"],
    subscriptions: { verify: { topic: "verify", enableMessageOrdering: true } },
  });
  const verdict = await verify({
    project: fake.project,
    topic: "verify",
    subscription: "verify",
    events: 2000,
    sink: { amqpUrl: `pubsub-emulator://${fake.host}/${fake.project}` },
    client: { apiEndpoint: fake.grpcHost, emulatorMode: true },
  });
  expect(verdict).toEqual({ sent: 2000, failed: 0, received: 2000, twice: 0, inOrder: true });
}, 120_000);
