import { brokersForTests, followStream } from "@streamll/brokers";
import { cannot, proxyTo, testTransport } from "@streamll/transport-testkit";
import { afterAll, describe } from "vitest";
import { streamsTransport } from "../src/index.js";
import { open } from "./support/connect.js";
import { endpointOf, freshName, onStream } from "./support/stream.js";

for (const broker of brokersForTests()) {
  if (!broker.owned) {
    describe.skip(`the transport streams on RabbitMQ ${broker.generation}: its stream port is not known`);
    continue;
  }
  const endpoint = endpointOf(broker);
  const stream = freshName();
  await using lane = await open(endpoint, onStream(stream));
  await lane.connection.close(AbortSignal.timeout(5000));
  const reader = await followStream(broker, stream);
  const proxy = await proxyTo(endpoint);
  afterAll(async () => {
    await reader[Symbol.asyncDispose]();
    await proxy[Symbol.asyncDispose]();
  });

  testTransport({
    name: `streams on RabbitMQ ${broker.generation}`,
    create(options) {
      const topology = options.topology.mode === "none" ? onStream(stream).topology : options.topology;
      const transport = streamsTransport.create({ ...options, topology: topology! });
      // What a frame of these brokers holds: before connecting it is not known.
      return { ...transport, capabilities: { ...transport.capabilities, maxMessageBytes: 1_000_000 } };
    },
    endpoint: proxy.endpoint,
    unreachable: { ...endpoint, port: 1 },
    read: async () =>
      reader.all.map(({ content, fields, properties }) => ({
        body: content,
        routingKey: fields.routingKey,
        messageId: properties.messageId,
        correlationId: properties.correlationId,
        type: properties.type,
        headers: properties.headers ?? {},
        contentEncoding: properties.contentEncoding,
      })),
    alone: {
      module: new URL("../src/index.ts", import.meta.url),
      factory: "streamsTransport",
      options: onStream(stream),
      execArgv: ["--import", "tsx"],
    },
    timeoutMs: 10_000,
    faults: {
      ...proxy.faults,
      refuse: (message) => message.detach({ body: Buffer.alloc(2 * 1024 * 1024) }),
      block: cannot("a broker of streams does not say so: it reads no more"),
      throttle: cannot("a stream that is full drops what is oldest"),
    },
  });
}
