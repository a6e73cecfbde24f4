import { proxyTo } from "@streamll/brokers";
import { cannot, type StoredMessage, testTransport } from "@streamll/transport-testkit";
import { afterAll } from "vitest";
import { amqp10Transport } from "../src/index.js";
import { open } from "./support/connect.js";
import { brokersOf4, endpointOf, scratch } from "./support/rabbitmq.js";

for (const broker of brokersOf4) {
  const endpoint = endpointOf(broker.url);
  const proxy = await proxyTo(endpoint, endpoint);
  const bench = await scratch(broker);
  const lane = await open(endpoint, bench.own);
  await lane.connection.close(AbortSignal.timeout(5000));
  const stored: StoredMessage[] = [];
  await bench.channel.consume(
    bench.name,
    (got) => {
      if (!got) return;
      const { messageId, correlationId, type, headers = {} } = got.properties;
      const { routingKey } = got.fields;
      stored.push({ body: got.content, routingKey, messageId, correlationId, type, headers });
    },
    { noAck: true },
  );
  afterAll(async () => {
    await bench[Symbol.asyncDispose]();
    await proxy[Symbol.asyncDispose]();
  });

  testTransport({
    name: `amqp10 on RabbitMQ ${broker.generation}`,
    create: (options) => amqp10Transport.create({ ...options, ...bench.own }),
    endpoint: proxy.endpoint,
    unreachable: { ...endpoint, port: 1 },
    read: async () => stored,
    timeoutMs: 10_000,
    faults: {
      disconnect: () => proxy.reset(),
      refuse: (message) => ({ ...message, routingKey: "nobody.is.bound" }),
      block: broker.owned
        ? async () => {
            await broker.ctl("set_vm_memory_high_watermark", "0.00001");
            return () => broker.ctl("set_vm_memory_high_watermark", "0.6");
          }
        : cannot("needs a broker that the tests may control"),
      silence() {
        proxy.freeze();
        return () => proxy.thaw();
      },
    },
  });
}
