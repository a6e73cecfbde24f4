import { brokersForTests, openChannel } from "@streamll/brokers";
import type { InboundMessage } from "@streamll/core";
import { proxyTo, testConsuming } from "@streamll/transport-testkit";
import rhea from "rhea";
import { afterAll, describe } from "vitest";
import { streamsTransport } from "../../src/index.js";
import { put, simple } from "../support/put.js";
import { endpointOf, freshName } from "../support/stream.js";

/** As another program's AMQP 1.0 writes it. */
function entryOf({ body, headers, messageId, correlationId, type, contentType, timestamp }: InboundMessage) {
  const message = {
    ...{ message_id: messageId, correlation_id: correlationId, subject: type, content_type: contentType },
    ...{ creation_time: new Date(timestamp!), application_properties: headers },
    body: rhea.message.data_section(body),
  };
  return simple(rhea.message.encode(message as never) as unknown as Buffer);
}

for (const broker of brokersForTests()) {
  if (!broker.owned) {
    describe.skip(`consuming from streams on RabbitMQ ${broker.generation}: its stream port is not known`);
    continue;
  }
  const channel = await openChannel(broker.url);
  const endpoint = endpointOf(broker);
  const proxy = await proxyTo(endpoint);
  const streams: string[] = [];
  afterAll(async () => {
    for (const stream of streams) await channel.deleteQueue(stream);
    await channel[Symbol.asyncDispose]();
    await proxy[Symbol.asyncDispose]();
  });

  testConsuming({
    name: `streams on RabbitMQ ${broker.generation}`,
    create: (options) => streamsTransport.create(options),
    endpoint: proxy.endpoint,
    async queue() {
      const name = freshName();
      await channel.assertQueue(name, { arguments: { "x-queue-type": "stream" } });
      streams.push(name);
      return {
        name,
        put: (messages) => put(endpoint, name, messages.map(entryOf)),
        depth: () => Promise.reject(new Error("a stream has no depth")),
        dead: async () => [],
        cancel: async () => void (await channel.deleteQueue(name)),
      };
    },
    disconnect: proxy.faults.disconnect,
    timeoutMs: 10_000,
  });
}
