import { cannot, proxyTo, type StoredMessage, testTransport } from "@streamll/transport-testkit";
import { afterAll } from "vitest";
import { amqpTransport } from "../../src/transport.js";
import { scratch, writers } from "../support/lane.js";
import type { Live } from "../support/live.js";

/** The kit, on a broker, with each way of writing. */
export async function testSending(broker: Live): Promise<void> {
  for (const [how, writerOf] of writers) {
    const proxy = await proxyTo(broker.endpoint);
    const bench = await scratch(broker.endpoint);
    const { exchanges, queues, bindings } = bench.own.topology;
    await bench.channel.assertExchange(exchanges[0]!.name, "topic");
    await bench.channel.assertQueue(queues[0]!.name);
    await bench.channel.bindQueue(queues[0]!.name, exchanges[0]!.name, bindings[0]!.pattern);
    const stored: StoredMessage[] = [];
    await bench.channel.consume(
      bench.name,
      (got) => {
        if (!got) return;
        const { messageId, correlationId, type, headers, priority, expiration, contentEncoding } =
          got.properties;
        stored.push({
          body: got.content,
          routingKey: got.fields.routingKey,
          messageId,
          correlationId,
          type,
          headers: headers ?? {},
          priority,
          contentEncoding,
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
      name: `amqp091 ${how} on RabbitMQ ${broker.generation}`,
      create: (options) => {
        const message = { ...options.message, exchange: bench.name, mandatory: true };
        const topology = options.topology.mode === "none" ? bench.own.topology : options.topology;
        return amqpTransport({ ...options, message, topology }, writerOf);
      },
      endpoint: proxy.endpoint,
      unreachable: { ...broker.endpoint, port: 1 },
      read: async () => stored,
      alone: {
        module: new URL("../../src/index.ts", import.meta.url),
        factory: "amqp091Transport",
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
        throttle: cannot("a negative confirm says not why"),
      },
    });
  }
}
