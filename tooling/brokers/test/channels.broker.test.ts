import { randomUUID } from "node:crypto";
import { setTimeout } from "node:timers/promises";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import { brokersForTests, followStream, openChannel, openConnection } from "../src/index.js";

describe.each(brokersForTests())("on RabbitMQ $version", (broker) => {
  it("a connection that the broker ends for an error rejects the call under way, and harms nothing else", async () => {
    const model = await openConnection(broker.url);
    const closed = new Promise((resolve) => model.once("close", resolve));
    const channel = await model.createChannel();
    const { queue } = await channel.assertQueue("", { exclusive: true });
    const consume = () => channel.consume(queue, () => {}, { consumerTag: "once" });
    await consume();
    await expect(consume()).rejects.toThrow("Channel ended");
    expect(await closed).toMatchObject({ code: 530 });
    await expect(model.close()).rejects.toThrow("attempt to reuse consumer tag");
  });

  it("a channel that the broker ends for an error leaves its connection open", async () => {
    await using channel = await openChannel(broker.url);
    await expect(channel.checkQueue("no-such-queue")).rejects.toThrow(/404/);
  });

  it("a stream is read from its beginning as soon as it is there", async () => {
    const stream = `followed-${randomUUID()}`;
    const following = followStream(broker, stream, ({ content }) => content.toString());
    await setTimeout(300);
    await using channel = await openChannel(broker.url);
    await channel.assertQueue(stream, { arguments: { "x-queue-type": "stream" } });
    onTestFinished(() => broker.manage("DELETE", `queues/%2F/${stream}`).then(() => {}));
    for (const text of ["a", "b"]) channel.sendToQueue(stream, Buffer.from(text));
    await channel.waitForConfirms();
    await using reader = await following;
    await vi.waitUntil(() => reader.all.length === 2, { timeout: 20_000 });
    expect(reader.all).toEqual(["a", "b"]);
  });
});
