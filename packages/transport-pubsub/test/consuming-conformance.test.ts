import { randomUUID } from "node:crypto";
import type { InboundMessage } from "@streamll/core";
import { startFakePubSub } from "@streamll/fake-pubsub";
import { proxyTo, testConsuming } from "@streamll/transport-testkit";
import { afterAll } from "vitest";
import { pubsubTransport } from "../src/index.js";
import { endpointOf, pubsubTestOptions, topologyOf } from "./support/fake.js";

const fake = await startFakePubSub();
const proxy = await proxyTo(endpointOf(fake));
afterAll(async () => {
  await proxy[Symbol.asyncDispose]();
  await fake[Symbol.asyncDispose]();
});

/** As a program of another language would publish it, under the names of the documentation. */
const publicationOf = ({ body, headers, ...properties }: InboundMessage) => ({
  data: body,
  attributes: {
    ...(headers as Record<string, string>),
    message_id: properties.messageId!,
    correlation_id: properties.correlationId!,
    type: properties.type!,
    content_type: properties.contentType!,
    timestamp: String(properties.timestamp),
  },
  orderingKey: "",
});

testConsuming({
  name: "pubsub on a server that behaves as Google's",
  create: (options, endpoints) =>
    pubsubTransport.create(
      { ...options, own: pubsubTestOptions().own, topology: topologyOf("none") },
      endpoints,
    ),
  endpoint: proxy.endpoint,
  headers: "text",
  disconnect: () => proxy.reset(),
  async queue() {
    const [name, topic, dead] = ["s", "t", "d"].map((letter) => `${letter}-${randomUUID()}`) as [
      string,
      string,
      string,
    ];
    for (const one of [topic, dead]) fake.topic(one);
    fake.subscription(name, { topic, deadLetterTopic: dead, maxDeliveryAttempts: 100 });
    const full = (id: string) => `projects/${fake.project}/${id}`;
    return {
      name,
      async put(messages) {
        // The service takes 1,000 at a time.
        for (let from = 0; from < messages.length; from += 1000)
          fake.store.publish(full(`topics/${topic}`), messages.slice(from, from + 1000).map(publicationOf));
      },
      depth: async () => fake.store.subscription(full(`subscriptions/${name}`)).depth,
      dead: async () => fake.stored(dead).map(({ attributes }) => attributes.message_id!),
      cancel: () => fake.store.deleteSubscription(full(`subscriptions/${name}`)),
    };
  },
});
