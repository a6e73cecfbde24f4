import { cannot, proxyTo, type StoredMessage, testTransport } from "@streamll/transport-testkit";
import { afterAll } from "vitest";
import { amqp10Transport } from "../src/index.js";
import { open } from "./support/connect.js";
import { brokersOf4, endpointOf, scratch } from "./support/rabbitmq.js";

for (const broker of brokersOf4) {
  const endpoint = endpointOf(broker.url);
  const proxy = await proxyTo(endpoint);
  const bench = await scratch(broker);
  const lane = await open(endpoint, bench.own);
  await lane.connection.close(AbortSignal.timeout(5000));
  const stored: StoredMessage[] = [];
  await bench.channel.consume(
    bench.name,
    (got) => {
      if (!got) return;
      const { messageId, correlationId, type, headers = {}, priority, expiration } = got.properties;
      const { routingKey } = got.fields;
      stored.push({
        body: got.content,
        routingKey,
        messageId,
        correlationId,
        type,
        headers,
        priority,
        contentEncoding: got.properties.contentEncoding,
        expirationMs: expiration && Number(expiration),
      });
    },
    { noAck: true },
  );
  afterAll(async () => {
    await bench[Symbol.asyncDispose]();
    await proxy[Symbol.asyncDispose]();
  });

  testTransport({
    name: `amqp10 on RabbitMQ ${broker.generation}`,
    create(options) {
      const message = { ...options.message, exchange: bench.name, mandatory: true };
      const topology = options.topology.mode === "none" ? bench.own.topology : options.topology;
      return amqp10Transport.create({ ...options, message, topology });
    },
    endpoint: proxy.endpoint,
    unreachable: { ...endpoint, port: 1 },
    read: async () => stored,
    alone: {
      module: new URL("../src/index.ts", import.meta.url),
      factory: "amqp10Transport",
      options: bench.own,
      execArgv: ["--import", "tsx"],
    },
    timeoutMs: 10_000,
    faults: {
      ...proxy.faults,
      refuse: (message) => message.detach({ routingKey: "nobody.is.bound" }),
      block: broker.owned
        ? async () => {
            await broker.ctl("set_vm_memory_high_watermark", "0.00001");
            return () => broker.ctl("set_vm_memory_high_watermark", "0.6");
          }
        : cannot("needs a broker that the tests may control"),
      throttle: cannot("a rejected message says not why"),
    },
  });
}
