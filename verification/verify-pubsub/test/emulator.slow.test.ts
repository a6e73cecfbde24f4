import { PubSub } from "@google-cloud/pubsub";
import { EventConsumer } from "@streamll/consumer";
import { describe, expect, it, vi } from "vitest";
import { verify } from "../src/verify.js";
import { emulatorJar, startEmulator } from "./support/emulator.js";

const jar = emulatorJar();

describe.skipIf(jar === undefined)("on Google's emulator, where the Cloud SDK has it,", () => {
  it("Google's client receives what the sink sent, and our consumer what Google's client sent", async () => {
    vi.stubEnv("METADATA_SERVER_DETECTION", "none");
    await using emulator = await startEmulator(jar!);
    const project = "test-project";
    const place = { projectId: project, apiEndpoint: emulator.host, emulatorMode: true };
    await using client = Object.assign(new PubSub(place), {
      async [Symbol.asyncDispose]() {
        await client.close();
      },
    });
    await client.createTopic("verify");
    await client.createSubscription("verify", "verify", { enableMessageOrdering: true });
    const url = `pubsub-emulator://${emulator.host}/${project}`;
    const asked = { project, topic: "verify", subscription: "verify", client: place };
    expect(await verify({ ...asked, events: 5000, sink: { amqpUrl: url } })).toEqual({
      ...{ sent: 5000, failed: 0, received: 5000, twice: 0, inOrder: true },
    });

    const numbers: number[] = [];
    await using consumer = new EventConsumer({
      url,
      exchange: "to-consumer",
      queue: "of-consumer",
      handle: ({ data }) => void numbers.push((data as { number: number }).number),
    });
    await consumer.start();
    const topic = client.topic("to-consumer", { messageOrdering: true });
    const wanted = Array.from({ length: 500 }, (_, number) => number);
    await Promise.all(
      wanted.map((number) =>
        topic.publishMessage({ json: { event_type: "token", data: { number } }, orderingKey: "one" }),
      ),
    );
    await expect.poll(() => numbers.length, { timeout: 60_000 }).toBe(500);
    expect(numbers).toEqual(wanted);
  });
});
