import { startFakePubSub } from "@streamll/fake-pubsub";
import { cannot, proxyTo, testTransport } from "@streamll/transport-testkit";
import { afterAll } from "vitest";
import { pubsubTransport } from "../src/index.js";
import { endpointOf, pubsubTestOptions, TOPIC } from "./support/fake.js";

const fake = await startFakePubSub({ topics: [TOPIC], subscriptions: { all: TOPIC } });
const proxy = await proxyTo(endpointOf(fake));
afterAll(async () => {
  await proxy[Symbol.asyncDispose]();
  await fake[Symbol.asyncDispose]();
});

const { topology, message, own } = pubsubTestOptions();

testTransport({
  name: "pubsub on a server that behaves as Google's",
  create: (options, endpoints) =>
    pubsubTransport.create(
      {
        ...options,
        own,
        message: { ...options.message, exchange: TOPIC },
        ...(options.topology.mode === "none" && { topology }),
      },
      endpoints,
    ),
  endpoint: proxy.endpoint,
  unreachable: { ...proxy.endpoint, port: 1 },
  alone: {
    module: new URL("../src/index.ts", import.meta.url),
    factory: "pubsubTransport",
    options: { topology, message, own },
    execArgv: ["--import", "tsx"],
  },
  async read() {
    return fake.stored(TOPIC).map(({ data, attributes }) => ({
      body: data,
      messageId: attributes.message_id!,
      correlationId: attributes.correlation_id!,
      routingKey: attributes.routing_key!,
      type: attributes.type!,
      contentEncoding: attributes.content_encoding,
      headers: attributes,
    }));
  },
  faults: {
    ...proxy.faults,
    refuse: (one) => one.detach({ headers: { goog_reserved: "x" } }),
    block: cannot("the service refuses, and does not block"),
    throttle() {
      fake.faults.next("publish", { status: "RESOURCE_EXHAUSTED" }, Number.POSITIVE_INFINITY);
      return () => fake.faults.clear();
    },
  },
});
