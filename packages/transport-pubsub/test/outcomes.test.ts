import type { OutboundMessage } from "@streamll/core";
import { type Fault, startFakePubSub } from "@streamll/fake-pubsub";
import { afterAll, afterEach, describe, expect, it } from "vitest";
import { connect, message, pubsubTestOptions, TOPIC } from "./support/fake.js";
import { observed } from "./support/published.js";

const fake = await startFakePubSub({ topics: [TOPIC] });
afterEach(() => fake.faults.clear());
afterAll(() => fake[Symbol.asyncDispose]());

const three = (): OutboundMessage[] => [message(), message(), message()];
const opened = async () => observed(await connect(fake));
const answer = (code: number, body = ""): Fault => ({ answer: { code, body } });

describe("a request that may have been carried out", () => {
  it.each<[string, Fault, string]>([
    ["408", answer(408), "timeout"],
    ["499", { status: "CANCELLED" }, "timeout"],
    ["500", { status: "INTERNAL" }, "timeout"],
    ["503", { status: "UNAVAILABLE" }, "timeout"],
    ["504", { status: "DEADLINE_EXCEEDED" }, "timeout"],
    ["a reset before it is read", { reset: "before" }, "unreachable"],
    ["a reset in the place of its answer", { reset: "after" }, "unreachable"],
    ["an answer without the ids of its messages", answer(200, '{"messageIds":["1"]}'), "unreachable"],
    ["a redirection of somebody between", answer(302, "<html>"), "unreachable"],
    ["a 400 of somebody between", answer(400, "<html>"), "unreachable"],
    ["an answer that is no JSON", answer(200, "<html>"), "unreachable"],
  ])("%s ends the connection, and settles nothing", async (_, fault, kind) => {
    await using lane = await opened();
    fake.faults.next("publish", fault);
    lane.publish(...three());
    const error = await lane.ended();
    expect(error).toMatchObject({ kind, permanent: false });
    expect(error?.message).toContain(`pubsub-emulator://${fake.host}/test-project: `);
    expect(lane.outcomes).toEqual([undefined, undefined, undefined]);
  });
});

describe("a request that was refused for the state of the service", () => {
  it.each<[string, Fault, string]>([
    ["403", { status: "PERMISSION_DENIED" }, "permission"],
    ["404", { status: "NOT_FOUND" }, "not-found"],
  ])("%s ends the connection, since every event would meet the same", async (_, fault, kind) => {
    await using lane = await opened();
    fake.faults.next("publish", fault);
    lane.publish(...three());
    expect(await lane.ended()).toMatchObject({ kind, permanent: true });
  });

  it("401 ends the connection once a new token was refused too", async () => {
    await using lane = await opened();
    fake.faults.next("publish", { status: "UNAUTHENTICATED" });
    lane.publish(message());
    await lane.done();
    expect(lane.outcomes[0]?.kind).toBe("confirmed");
    fake.faults.next("publish", { status: "UNAUTHENTICATED" }, 2);
    lane.publish(message());
    expect(await lane.ended()).toMatchObject({ kind: "auth", permanent: true });
  });

  it.each<[string, Fault]>([
    ["429", { status: "RESOURCE_EXHAUSTED" }],
    ["FAILED_PRECONDITION", { status: "FAILED_PRECONDITION" }],
  ])("%s accuses no event, and gives back in their order those that wait behind it", async (_, fault) => {
    await using lane = await opened();
    fake.faults.next("publish", fault);
    lane.publish(message());
    lane.publish(...three());
    await lane.done();
    for (const outcome of lane.outcomes)
      expect(outcome).toMatchObject({ kind: "refused", error: { kind: "throttled", permanent: false } });
    expect(lane.flows).toEqual([{ credit: Number.POSITIVE_INFINITY, blocked: undefined }]);
  });

  it("429 with Retry-After takes nothing for so long, and says why", async () => {
    await using lane = await opened();
    fake.faults.next("publish", { status: "RESOURCE_EXHAUSTED", retryAfter: 1 });
    lane.publish(message());
    await lane.done();
    const blockedAt = performance.now();
    expect(lane.flows.at(-1)).toEqual({ credit: 0, blocked: expect.stringContaining("A quota is used up") });
    await expect.poll(() => lane.flows.at(-1)?.credit, { timeout: 20_000 }).toBe(Number.POSITIVE_INFINITY);
    expect(performance.now() - blockedAt).toBeGreaterThan(900);
  });
});

describe("a request that was refused for what is in it", () => {
  it.each<[string, Fault, string]>([
    ["400", { status: "INVALID_ARGUMENT" }, "protocol"],
    ["413", answer(413), "too-large"],
  ])("%s of several events says how many share it, and of one that it is guilty", async (_, fault, kind) => {
    await using lane = await opened();
    fake.faults.next("publish", fault, 2);
    lane.publish(...three());
    await lane.done();
    const refusal = { kind: "refused", error: { kind, permanent: true } };
    expect(lane.outcomes).toMatchObject(Array(3).fill({ ...refusal, shared: 3 }));
    lane.publish(message());
    lane.publish(message());
    await lane.done();
    expect(lane.outcomes[3]).toMatchObject(refusal);
    expect(lane.outcomes[3]).not.toHaveProperty("shared");
    expect(lane.outcomes[4]?.kind).toBe("confirmed");
  });
});

describe("an event that the service would refuse", () => {
  it.each<[string, Parameters<typeof message>[0], string]>([
    ["a header whose name begins with goog", { headers: { Google: "x" } }, "begins with goog"],
    ["a header without a name", { headers: { "": "x" } }, "is empty"],
    ["a header's name of 257 bytes", { headers: { [`${"ü".repeat(128)}n`]: "x" } }, "longer than 256 bytes"],
    ["a header of 1,025 bytes", { headers: { a: "x".repeat(1025) } }, "more than 1024 bytes"],
    [
      "101 attributes",
      { headers: Object.fromEntries(Array.from({ length: 95 }, (_, n) => [`h${n}`, "x"])) },
      "more than 100 attributes",
    ],
    ["an ordering key of 1,025 bytes", { own: { orderingKey: "k".repeat(1025) } }, "orderingKey of more"],
  ])("%s is refused alone, before it is sent", async (_, parts, text) => {
    await using lane = await opened();
    lane.publish(message(), message(parts), message());
    await lane.done();
    expect(lane.outcomes.map((outcome) => outcome?.kind)).toEqual(["confirmed", "refused", "confirmed"]);
    expect(lane.outcomes[1]).toMatchObject({ error: { kind: "protocol", permanent: true } });
    expect((lane.outcomes[1] as { error: Error }).error.message).toContain(text);
  });

  it("a body of more than 10 MB in base64 is refused as too large", async () => {
    await using lane = await opened();
    lane.publish(message({ body: Buffer.alloc(7_500_000) }), message());
    await lane.done();
    expect(lane.outcomes).toMatchObject([
      { kind: "refused", error: { kind: "too-large" } },
      { kind: "confirmed" },
    ]);
  });

  it("no request has more than 1,000 messages or 10 MB, whatever is published", async () => {
    await using lane = await opened();
    const before = fake.requests.length;
    const body = Buffer.alloc(1_000_000);
    lane.publish(...Array.from({ length: 2500 }, () => message()));
    lane.publish(...Array.from({ length: 16 }, () => message({ body })));
    await lane.done();
    expect(new Set(lane.outcomes.map((outcome) => outcome?.kind))).toEqual(new Set(["confirmed"]));
    const sent = fake.requests.slice(before);
    // 1,000; 1,000; 500 and the first seven large ones; seven; two.
    expect(sent).toHaveLength(5);
    expect(Math.max(...sent.map(({ bytes }) => bytes))).toBeLessThanOrEqual(10_000_000);
  });
});

it("a dead letter goes to its own topic, and is refused alone where there is none", async () => {
  fake.topic("letters");
  await using lane = await opened();
  lane.publish(message(), message({ exchange: "letters" }), message({ exchange: "nowhere" }), message());
  await lane.done();
  expect(lane.outcomes.map((outcome) => outcome?.kind)).toEqual([
    "confirmed",
    "confirmed",
    "refused",
    "confirmed",
  ]);
  expect(lane.outcomes[2]).toMatchObject({ error: { kind: "not-found", permanent: true } });
  expect(fake.stored("letters")).toHaveLength(1);
});

it("an attribute stands for each property, and one for Google's tracing", async () => {
  await using lane = await opened();
  const traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
  const one = message({
    headers: { traceparent, count: 3, flag: true, nothing: null },
    own: { orderingKey: "k" },
  });
  lane.publish(one);
  await lane.done();
  expect(fake.stored(TOPIC).at(-1)).toMatchObject({
    data: one.body(),
    orderingKey: "k",
    attributes: {
      message_id: one.messageId,
      correlation_id: "execution",
      type: "start",
      routing_key: "streamll.start.search",
      timestamp: "1700000000000",
      content_type: "application/json",
      app_id: "test",
      count: "3",
      flag: "true",
      traceparent,
      googclient_traceparent: traceparent,
    },
  });
  expect(fake.stored(TOPIC).at(-1)!.attributes).not.toHaveProperty("nothing");
});

it("a connection that idles is closed by the service in good order, and the next event finds a new one", async () => {
  await using lane = await opened();
  lane.publish(message());
  await lane.done();
  await fake.closeIdle();
  lane.publish(message());
  await lane.done();
  expect(lane.outcomes.map((outcome) => outcome?.kind)).toEqual(["confirmed", "confirmed"]);
});

describe("with ordering keys", () => {
  const keyed = (orderingKey: string, number: number) =>
    message({ own: { orderingKey }, body: Buffer.from(String(number)) });
  const storedOf = (key: string) =>
    fake
      .stored(TOPIC)
      .filter(({ orderingKey }) => orderingKey === key)
      .map(({ data }) => Number(data));

  it("each key has requests of its own, and one at a time", async () => {
    await using lane = await observed(await connect(fake, pubsubTestOptions()));
    fake.faults.next("publish", { lateMs: 200 });
    for (let number = 0; number < 20; number++) lane.publish(keyed("one", number), keyed("two", number));
    await lane.done();
    const all = Array.from({ length: 20 }, (_, number) => number);
    expect([storedOf("one"), storedOf("two")]).toEqual([all, all]);
  });

  it("what comes after a failure of its key is held, and those of other keys are answered first", async () => {
    await using lane = await observed(await connect(fake, pubsubTestOptions()));
    fake.faults.next("publish", { status: "UNAVAILABLE" });
    fake.faults.next("publish", { lateMs: 200 });
    lane.publish(keyed("held", 0), keyed("free", 0));
    lane.publish(keyed("held", 1), keyed("free", 1));
    expect(await lane.ended()).toMatchObject({ kind: "timeout" });
    expect(lane.outcomes.map((outcome) => outcome?.kind)).toEqual([
      undefined,
      "confirmed",
      undefined,
      undefined,
    ]);
    expect([storedOf("held"), storedOf("free")]).toEqual([[], [0]]);
  });
});
