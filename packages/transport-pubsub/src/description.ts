import type { TransportDescription } from "@streamll/core";
import { configure } from "./configure.js";
import { pubsubOptions } from "./options.js";

const throughNoExchange = "events go to the topic itself, which exchange names";

/**
 * Bytes of one body. A request of 10 MB holds it in base64, four bytes for three:
 * https://cloud.google.com/pubsub/quotas#resource_limits
 */
const LARGEST_BODY = 7_000_000;

/** What a sink has to know of Google Cloud Pub/Sub before this transport is loaded. */
export const pubsubDescription = {
  name: "pubsub",
  title: "Google Cloud Pub/Sub",
  schemes: ["pubsub-emulator"],
  tlsSchemes: ["pubsub"],
  ports: { pubsub: 443, "pubsub-emulator": 8085 },
  capabilities: {
    confirms: true,
    mandatory: false,
    priority: false,
    ttl: false,
    deadLetter: true,
    deduplication: false,
    topology: true,
    contentEncoding: true,
    maxMessageBytes: LARGEST_BODY,
  },
  consuming: { deadLetters: "reason", delays: true, peek: "counts" },
  options: pubsubOptions,
  unsupported: {
    queueType: "Pub/Sub stores every message in several zones: leave it out",
    exchangeType: throughNoExchange,
    exchangeArguments: throughNoExchange,
    messageTtl: "how long messages are kept is a setting of the topic or the subscription",
    deadLetterQueue: "deadLetterExchange names a topic: create a subscription of it",
  },
  configure,
} satisfies TransportDescription<typeof pubsubOptions>;
