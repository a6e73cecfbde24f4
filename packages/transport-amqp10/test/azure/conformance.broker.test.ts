import { proxyTo } from "@streamll/brokers";
import { startFakeServiceBus } from "@streamll/fake-service-bus";
import { cannot, testTransport } from "@streamll/transport-testkit";
import { afterAll } from "vitest";
import { serviceBusTransport } from "../../src/index.js";
import { busOptions, endpointOf, QUEUE } from "./support/bus.js";

const bus = await startFakeServiceBus({ entities: [{ name: QUEUE, maxMessageSize: 2 ** 21 }] });
const proxy = await proxyTo(bus, endpointOf(bus));
afterAll(async () => {
  await proxy[Symbol.asyncDispose]();
  await bus.close();
});

testTransport({
  name: "amqp10 on a server that behaves as Azure Service Bus",
  create(options) {
    const { topology, message } = busOptions();
    return serviceBusTransport.create({ ...options, topology, message });
  },
  endpoint: proxy.endpoint,
  unreachable: { ...proxy.endpoint, port: 1 },
  async read() {
    return bus.received(QUEUE).map(({ message, body }) => {
      const { message_id, correlation_id, subject = "", application_properties: headers = {} } = message;
      return {
        body: body ?? Buffer.alloc(0),
        messageId: String(message_id),
        correlationId: String(correlation_id),
        routingKey: subject,
        type: String(headers.type),
        headers,
      };
    });
  },
  faults: {
    disconnect: () => proxy.reset(),
    refuse: (message) => ({ ...message, body: Buffer.alloc(2 ** 22) }),
    block: cannot("a link without credit says not why"),
    silence() {
      proxy.freeze();
      return () => proxy.thaw();
    },
  },
});
