import { generateKeyPairSync } from "node:crypto";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { RabbitMQSink, type RabbitMQSinkOptions } from "../src/index.js";
import { problemsOf } from "./problems.js";

const { privateKey } = generateKeyPairSync("rsa", {
  modulusLength: 2048,
  privateKeyEncoding: { type: "pkcs8", format: "pem" },
  publicKeyEncoding: { type: "spki", format: "pem" },
});
const username = "sender@my-project.iam.gserviceaccount.com";
const amqpUrl = "pubsub://my-project";
const file = { type: "service_account", client_email: username, private_key: privateKey };

const explained = (options: RabbitMQSinkOptions) => new RabbitMQSink(options).explain();

beforeEach(() => vi.stubEnv("PUBSUB_EMULATOR_HOST", ""));
afterEach(() => vi.unstubAllEnvs());

describe("an address of Google Cloud Pub/Sub", () => {
  it("is its project, or one that guides to AMQP give", () => {
    const key = { username, password: privateKey };
    for (const url of [amqpUrl, "amqps://my-project.pubsub-amqp.googleapis.com:5671"]) {
      const { transport, endpoints } = explained({ amqpUrl: url, ...key });
      expect(transport).toBe("pubsub");
      expect(endpoints).toEqual([
        "pubsub://sender%40my-project.iam.gserviceaccount.com:***@pubsub.googleapis.com:443/my-project",
      ]);
    }
  });

  it("leads to a regional endpoint, or to the emulator of the environment, which asks for no TLS", () => {
    const pubsubEndpoint = "us-central1-pubsub.googleapis.com";
    expect(explained({ amqpUrl, pubsubEndpoint }).endpoints).toEqual([
      `pubsub://${pubsubEndpoint}:443/my-project`,
    ]);
    vi.stubEnv("PUBSUB_EMULATOR_HOST", "localhost:8085");
    expect(explained({ amqpUrl }).endpoints).toEqual(["pubsub-emulator://localhost:8085/my-project"]);
    vi.stubEnv("PUBSUB_EMULATOR_HOST", "http://localhost");
    expect(problemsOf({ amqpUrl })).toEqual([
      "PUBSUB_EMULATOR_HOST: must be HOST:PORT, such as localhost:8085",
    ]);
  });

  it("names an emulator by a scheme of its own", () => {
    const { endpoints } = explained({ amqpUrl: "pubsub-emulator://localhost/my-project" });
    expect(endpoints).toEqual(["pubsub-emulator://localhost:8085/my-project"]);
  });

  it.each([
    ["pubsub://", "the host is missing"],
    ["pubsub://My_Project", "no project can have this id: write pubsub://PROJECT"],
    ["pubsub://my-project/events", "ends with the project: write the topic as exchange"],
    ["pubsub-emulator://localhost:8085", "write pubsub-emulator://localhost:8085/PROJECT"],
  ])("%s is refused", (url, message) => {
    expect(problemsOf({ amqpUrl: url }).join()).toContain(message);
  });
});

describe("a key of Google Cloud", () => {
  const hidden = "c2VjcmV0";
  it.each<[string, Record<string, unknown>, string]>([
    [
      "the guide's placeholder",
      { username, password: "service-account-key" },
      "password: is no private key: write the private_key",
    ],
    [
      "a key without an account",
      { password: privateKey },
      "password: is the key of an account that username does not name",
    ],
    ["an account without a key", { username }, "username: needs password, the account's private key"],
    [
      "a key that was cut",
      { username, password: `-----BEGIN PRIVATE KEY-----\n${hidden}` },
      "was it cut, or its lines joined?",
    ],
    [
      "a file that is not there",
      { serviceAccountKey: "/nowhere/key.json" },
      "names a file that cannot be read",
    ],
    [
      "a file of another kind",
      { serviceAccountKey: { type: "external_account", secret: hidden } },
      "install google-auth-library",
    ],
    [
      "an object without a key",
      { serviceAccountKey: { client_email: username } },
      "one of the two is missing",
    ],
    [
      "two keys",
      { username, password: privateKey, serviceAccountKey: file },
      "leave out username and password",
    ],
  ])("%s is found at construction, and not shown", (_, options, message) => {
    const problems = problemsOf({ amqpUrl, ...options }).join();
    expect(problems).toContain(message);
    expect(problems).not.toContain(hidden);
  });

  it("is shown by nothing", () => {
    const text = JSON.stringify([
      explained({ amqpUrl, serviceAccountKey: file }),
      explained({ amqpUrl, username, password: privateKey }),
    ]);
    expect(text).not.toContain("PRIVATE KEY");
  });
});

describe("with Google Cloud Pub/Sub", () => {
  it.each<[string, Record<string, unknown>, string]>([
    ["exchange", { exchange: "a" }, "exchange: names the topic, without its project"],
    ["exchange", { exchange: "projects/p/topics/t" }, "exchange: names the topic, without its project"],
    ["exchange", { exchange: "google-events" }, "not beginning with goog"],
    ["queue", { queue: "q" }, "queue: a sink makes no subscription"],
    ["queueType", { queueType: "quorum" }, "queueType: Pub/Sub stores every message in several zones"],
    ["messageTtl", { messageTtl: 60 }, "messageTtl: how long messages are kept is a setting"],
    ["queuePriority", { queuePriority: 1 }, "queuePriority: the transport pubsub has no message priorities"],
    ["deadLetterQueue", { deadLetterExchange: "dead", deadLetterQueue: "q" }, "create a subscription of it"],
    ["durable", { durable: false }, "durable: must not be false"],
    ["orderingKey", { orderingKey: "constant" }, 'write "{execution_id}"'],
    ["orderingKey", { orderingKey: "{execution}" }, "orderingKey"],
    ["pubsubEndpoint", { pubsubEndpoint: "https://pubsub.googleapis.com" }, "without https://"],
    ["ssl", { ssl: false }, "ssl: is false, but pubsub://my-project/ asks for TLS"],
  ])("%s is refused where it means nothing", (_, options, message) => {
    expect(problemsOf({ amqpUrl, ...options }).join("\n")).toContain(message);
  });

  it("an option of it asks for it, and no other transport takes it", () => {
    expect(problemsOf({ amqpUrl: "memory:", orderingKey: "{execution_id}" }).join()).toContain(
      "write pubsub://PROJECT",
    );
    expect(problemsOf({ useStreams: true, orderingKey: "{execution_id}" }).join()).toContain("orderingKey");
  });
});
