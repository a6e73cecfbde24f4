import { afterAll, describe, expect, it } from "vitest";
import { startFakePubSub } from "../src/index.js";

const fake = await startFakePubSub({
  topics: ["events", "dead"],
  subscriptions: {
    few: { topic: "events", deadLetterTopic: "dead", maxDeliveryAttempts: 5 },
    ordered: { topic: "events", enableMessageOrdering: true },
  },
});
afterAll(() => fake[Symbol.asyncDispose]());

const post = async (path: string, body: object) => {
  const response = await fetch(`http://${fake.host}/v1/projects/${fake.project}/${path}`, {
    method: "POST",
    body: JSON.stringify(body),
  });
  return { code: response.status, body: (await response.json()) as { error?: { status: string } } & Pulled };
};

interface Pulled {
  readonly receivedMessages?: readonly {
    readonly ackId: string;
    readonly deliveryAttempt?: number;
    readonly message: { readonly data: string; readonly orderingKey?: string };
  }[];
}

const data = Buffer.from("{}").toString("base64");
const publish = (...messages: object[]) => post("topics/events:publish", { messages });
const pull = async (subscription: string, maxMessages = 10) =>
  (await post(`subscriptions/${subscription}:pull`, { maxMessages })).body.receivedMessages ?? [];

describe("as the service, and stricter than Google's emulator, the server refuses", () => {
  it.each<[string, object[], string]>([
    ["mixed ordering keys", [{ data, orderingKey: "a" }, { data }], "FAILED_PRECONDITION"],
    ["no message", [], "INVALID_ARGUMENT"],
    ["1,001 messages", Array(1001).fill({ data }), "INVALID_ARGUMENT"],
    ["an empty message", [{}], "INVALID_ARGUMENT"],
    ["an attribute without a name", [{ data, attributes: { "": "x" } }], "INVALID_ARGUMENT"],
    ["an attribute that is reserved", [{ data, attributes: { goog_x: "x" } }], "INVALID_ARGUMENT"],
    ["an attribute that is no text", [{ data, attributes: { n: 1 } }], "INVALID_ARGUMENT"],
    ["an attribute of 1,025 bytes", [{ data, attributes: { n: "x".repeat(1025) } }], "INVALID_ARGUMENT"],
    ["data that is no base64", [{ data: "*" }], "INVALID_ARGUMENT"],
  ])("%s, and stores nothing of the request", async (_, messages, status) => {
    const before = fake.stored("events").length;
    expect(await publish({ data }, ...messages).then(({ code }) => code)).toBe(
      messages.length === 0 ? 200 : 400,
    );
    const { code, body } = await publish(...messages);
    expect([code, body.error?.status]).toEqual([400, status]);
    expect(fake.stored("events")).toHaveLength(before + (messages.length === 0 ? 1 : 0));
  });

  it("a request of more than 10 MB", async () => {
    const large = Buffer.alloc(7_600_000).toString("base64");
    expect((await publish({ data: large })).code).toBe(413);
  });
});

it("a message that is given back as often as its subscription allows goes to the dead-letter topic", async () => {
  const subscription = fake.store.subscription(`projects/${fake.project}/subscriptions/few`);
  while (subscription.depth > 0)
    await post("subscriptions/few:acknowledge", {
      ackIds: (await pull("few", 1000)).map(({ ackId }) => ackId),
    });
  await publish({ data, attributes: { mine: "x" } });
  for (let attempt = 1; attempt <= 5; attempt++) {
    const [received] = await pull("few");
    expect(received?.deliveryAttempt).toBe(attempt);
    await post("subscriptions/few:modifyAckDeadline", { ackIds: [received!.ackId], ackDeadlineSeconds: 0 });
  }
  expect(fake.stored("dead").at(-1)?.attributes).toEqual({
    mine: "x",
    CloudPubSubDeadLetterSourceSubscription: "few",
  });
});

it("a pull gives nothing of an ordering key whose earlier messages somebody holds", async () => {
  const subscription = fake.store.subscription(`projects/${fake.project}/subscriptions/ordered`);
  subscription.acknowledge(subscription.take(100_000).map(({ ackId }) => ackId));
  await publish({ data, orderingKey: "a" }, { data, orderingKey: "a" });
  await publish({ data, orderingKey: "b" });
  const [first] = await pull("ordered", 1);
  const others = await pull("ordered");
  expect(others.map(({ message }) => message.orderingKey)).toEqual(["b"]);
  await post("subscriptions/ordered:acknowledge", { ackIds: [first!.ackId] });
  expect((await pull("ordered")).map(({ message }) => message.orderingKey)).toEqual(["a"]);
});
