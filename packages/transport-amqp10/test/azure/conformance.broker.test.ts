import { startFakeServiceBus } from "@streamll/fake-service-bus";
import { cannot, proxyTo, testTransport } from "@streamll/transport-testkit";
import { afterAll } from "vitest";
import { serviceBusTransport } from "../../src/index.js";
import { busOptions, endpointOf, QUEUE } from "./support/bus.js";

const bus = await startFakeServiceBus({ entities: [{ name: QUEUE, maxMessageSize: 2 ** 21 }] });
const proxy = await proxyTo(endpointOf(bus));
afterAll(async () => {
  await proxy[Symbol.asyncDispose]();
  await bus.close();
});

testTransport({
  name: "amqp10 on a server that behaves as Azure Service Bus",
  create(options) {
    const own = busOptions();
    const message = { ...options.message, exchange: own.message.exchange };
    return serviceBusTransport.create({ ...options, topology: own.topology, message });
  },
  endpoint: proxy.endpoint,
  unreachable: { ...proxy.endpoint, port: 1 },
  alone: {
    module: new URL("../../src/index.ts", import.meta.url),
    factory: "serviceBusTransport",
    options: { topology: busOptions().topology, message: busOptions().message },
    execArgv: ["--import", "tsx"],
  },
  async read() {
    return bus.received(QUEUE).map(({ message, body }) => {
      const { message_id, correlation_id, subject = "", application_properties: headers = {}, ttl } = message;
      return {
        body: body ?? Buffer.alloc(0),
        messageId: String(message_id),
        correlationId: String(correlation_id),
        routingKey: subject,
        type: String(headers.type),
        headers,
        expirationMs: ttl,
        contentEncoding: message.content_encoding,
      };
    });
  },
  faults: {
    ...proxy.faults,
    refuse: (message) => message.detach({ body: Buffer.alloc(2 ** 22) }),
    block: cannot("a link without credit says not why"),
    throttle() {
      bus.faults.throttle(60_000);
      return () => bus.faults.clear();
    },
  },
});
