import { gzipSync } from "node:zlib";
import { brokersForTests, openChannel } from "@streamll/brokers";
import { type Delivery, type LogPosition, type LogRequest, silentLogger } from "@streamll/core";
import { CompressionType } from "rabbitmq-stream-js-client/dist/compression.js";
import { afterEach, describe, expect, it, vi } from "vitest";
import { streamsTransport } from "../../src/transport.js";
import { WAIT } from "../support/connect.js";
import { officialClient } from "../support/official.js";
import { options } from "../support/options.js";
import { batch, put, simple } from "../support/put.js";
import { endpointOf, freshName, onStream } from "../support/stream.js";

const { signal } = new AbortController();

/** A section of data, and nothing else. */
const dataOf = (text: string) =>
  Buffer.concat([Buffer.from([0, 0x53, 0x75, 0xa0, text.length]), Buffer.from(text)]);

describe.each(brokersForTests().filter(({ owned }) => owned))("a stream on RabbitMQ $version", (broker) => {
  const endpoint = endpointOf(broker);
  const streams: string[] = [];
  afterEach(async () => {
    await using channel = await openChannel(broker.url);
    for (const stream of streams.splice(0)) await channel.deleteQueue(stream);
  });

  async function made(): Promise<string> {
    const stream = freshName();
    streams.push(stream);
    const lane = await streamsTransport(options(onStream(stream))).connect(endpoint, { index: 0 }, signal);
    await lane.close(signal);
    return stream;
  }

  async function read(source: string, position: LogPosition, window = 1000) {
    const received: Delivery[] = [];
    const warnings: string[] = [];
    const logger = { ...silentLogger, warn: (_: object, message: string) => warnings.push(message) };
    const log: LogRequest = { singleActive: false, position: async () => position, left: async () => {} };
    const transport = streamsTransport(options({ logger: logger as never }));
    const subscription = await transport.consuming!.subscribe(
      endpoint,
      { source, window, log, receive: (deliveries) => received.push(...deliveries) },
      signal,
    );
    const texts = () => received.map(({ body }) => body.toString());
    return {
      ...{ subscription, received, warnings, texts },
      came: (count: number) => vi.waitUntil(() => received.length >= count, WAIT),
      [Symbol.asyncDispose]: () => subscription.close(AbortSignal.timeout(5000)),
    };
  }

  it("gives the messages of batches, plain and gzip, each with its offset", async () => {
    const stream = await made();
    const messages = ["a", "b", "c", "d", "e", "f"].map(dataOf);
    await put(endpoint, stream, [
      simple(messages[0]!),
      batch(messages.slice(1, 3)),
      batch(messages.slice(3, 5), 1, gzipSync),
      simple(messages[5]!),
    ]);
    await using all = await read(stream, "first");
    await all.came(6);
    expect(all.texts()).toEqual(["a", "b", "c", "d", "e", "f"]);
    expect(all.received.map(({ offset }) => offset)).toEqual([0, 1, 2, 3, 4, 5]);
    await using rest = await read(stream, 4, 1);
    await rest.came(1);
    expect(rest.texts()).toEqual(["e"]);
    rest.subscription.settle(rest.received[0]!, { kind: "done" }, () => {});
    await rest.came(2);
    expect(rest.texts()).toEqual(["e", "f"]);
  });

  it("ends reading with what to do where a batch cannot be opened, after what comes before it", async () => {
    const stream = await made();
    await put(endpoint, stream, [simple(dataOf("a")), batch([dataOf("b")], 4)]);
    const all = await read(stream, "first");
    expect(await all.subscription.closed).toMatchObject({
      kind: "protocol",
      message: expect.stringContaining("zstd, which cannot be read here: let its publisher send gzip"),
    });
    expect(all.texts()).toEqual(["a"]);
  });

  it("that is shorter than where it is to be read from is not read in silence", async () => {
    const stream = await made();
    await put(endpoint, stream, [simple(dataOf("a"))]);
    const all = await read(stream, 1000);
    await put(endpoint, stream, [simple(dataOf("b"))]);
    expect(await all.subscription.closed).toMatchObject({
      kind: "not-found",
      message: expect.stringContaining("was to be read from offset 1000: it was made anew"),
    });
  });

  it.runIf(broker.version.startsWith("4"))(
    "gives what the official client sent, its gzip batches too",
    async () => {
      const stream = await made();
      const client = await officialClient({ port: broker.streamPort });
      const publisher = await client.declarePublisher({ stream });
      const properties = { messageId: "id", correlationId: "c", contentType: "text/plain", subject: "end" };
      for (let n = 0; n < 50; n++)
        await publisher.send(Buffer.from(`one ${n}`), {
          messageProperties: { ...properties, messageId: `id-${n}` },
          applicationProperties: { n, text: "ü" },
        });
      await publisher.flush();
      const contents = Array.from({ length: 50 }, (_, n) => ({ content: Buffer.from(`batch ${n}`) }));
      await publisher.sendSubEntries(contents);
      await publisher.sendSubEntries(contents, CompressionType.Gzip);
      await using all = await read(stream, "first");
      await all.came(150);
      await client.close();
      const texts = (kind: string) => Array.from({ length: 50 }, (_, n) => `${kind} ${n}`);
      expect(all.texts()).toEqual([...texts("one"), ...texts("batch"), ...texts("batch")]);
      const { messageId, correlationId, contentType, type, headers } = all.received[7]!;
      expect({ messageId, correlationId, contentType, type, headers }).toEqual({
        ...{ messageId: "id-7", correlationId: "c", contentType: "text/plain", type: "end" },
        headers: { n: 7, text: "ü" },
      });
    },
  );
});
