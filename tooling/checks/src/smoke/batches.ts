// Batches, compressed as well as this Node can, sent and read through the packed packages.
import { deepEqual, equal, ok } from "node:assert/strict";
import * as zlib from "node:zlib";
import { EventConsumer } from "@streamll/consumer";
import { RabbitMQSink } from "@streamll/sink";

const EVENTS = 100;
const compressionType = "zstdCompressSync" in zlib ? "zstd" : "gzip";
const url = "memory:batches";

const sink = new RabbitMQSink({
  amqpUrl: url,
  messageFormat: "batch",
  compressionType,
  routingKey: "tokens",
});
const indices = Array.from({ length: EVENTS }, (_, index) => index);
for (const index of indices) equal(sink.handleEvent({ eventType: "token", data: { index } }), true);
equal((await sink.stop()).sent, EVENTS);
ok(sink.stats().bytes_saved > 0);

const read: unknown[] = [];
await new Promise<void>((resolve) => {
  const consumer = new EventConsumer({
    url,
    queue: "streamll_events.tokens",
    handle({ data }) {
      if (read.push(data.index) === EVENTS) resolve(consumer.stop().then(() => {}));
    },
  });
  void consumer.start();
});
deepEqual(read, indices);
console.log(`${EVENTS} events in batches compressed with ${compressionType}, sent and read`);
