import type { LogFields } from "@streamll/core";
import { silentLogger } from "@streamll/core";
import { startFakePubSub } from "@streamll/fake-pubsub";
import { afterAll, afterEach, describe, expect, it } from "vitest";
import { pubsubTransport } from "../src/index.js";
import { connect, message, pubsubTestOptions, TOPIC, topologyOf } from "./support/fake.js";
import { observed } from "./support/published.js";

const fake = await startFakePubSub({ topics: [TOPIC], subscriptions: { all: TOPIC } });
afterEach(() => fake.denied.clear());
afterAll(() => fake[Symbol.asyncDispose]());

/** Connects, and gives the warnings of it. */
async function warningsOf(
  topology: ReturnType<typeof topologyOf>,
  exchange = TOPIC,
): Promise<readonly string[]> {
  const warnings: string[] = [];
  const logger = { ...silentLogger, warn: (_: LogFields, text: string) => void warnings.push(text) };
  const { message } = pubsubTestOptions();
  const options = pubsubTestOptions({ topology, logger, message: { ...message, exchange } });
  await using lane = observed(await connect(fake, options));
  expect(lane.flows[0]?.credit).toBe(Number.POSITIVE_INFINITY);
  return warnings;
}

describe("declareTopology", () => {
  it('"declare" makes a topic, leaves one that is there, and warns of one that nobody reads', async () => {
    expect(await warningsOf(topologyOf("declare", "made"), "made")).toEqual([
      expect.stringContaining(
        'the topic "made" has no subscription: Pub/Sub keeps nothing of what is sent to it',
      ),
    ]);
    expect(fake.stored("made")).toEqual([]);
    expect(await warningsOf(topologyOf("declare", TOPIC))).toEqual([]);
  });

  it('"passive" finds out that a topic is missing', async () => {
    await expect(warningsOf(topologyOf("passive", "missing"))).rejects.toMatchObject({
      kind: "not-found",
      permanent: true,
    });
  });

  it('"none" asks for nothing', async () => {
    const before = fake.requests.length;
    expect(await warningsOf(topologyOf("none"))).toEqual([]);
    expect(fake.requests).toHaveLength(before);
  });

  it('"declare" goes on with an account that may publish and not look, and says so', async () => {
    for (const method of ["topics.get", "topics.list", "topics.create"]) fake.denied.add(method);
    expect(await warningsOf(topologyOf("declare", TOPIC))).toEqual([
      expect.stringContaining("grant it the role Pub/Sub Viewer"),
    ]);
    await expect(warningsOf(topologyOf("passive", TOPIC))).rejects.toMatchObject({ kind: "permission" });
  });

  it("a topic that is missing and may not be made is an error", async () => {
    fake.denied.add("topics.create");
    await expect(warningsOf(topologyOf("declare", "forbidden"))).rejects.toMatchObject({
      kind: "permission",
    });
  });
});

it("lanes look once for the topic, and again after it turned out to be missing", async () => {
  const transport = pubsubTransport.create(pubsubTestOptions(), []);
  const { endpointOf } = await import("./support/fake.js");
  const open = (index: number) =>
    transport.connect(endpointOf(fake), { index }, new AbortController().signal);
  const looks = () => fake.requests.filter(({ method }) => method === "topics.get").length;
  const before = looks();
  await using first = observed(await open(0));
  await using second = observed(await open(1));
  expect(looks() - before).toBe(1);
  expect(second.flows).toHaveLength(1);
  fake.faults.next("publish", { status: "NOT_FOUND" });
  first.publish(message());
  expect(await first.ended()).toMatchObject({ kind: "not-found" });
  await using third = observed(await open(0));
  third.publish(message());
  await third.done();
  expect(looks() - before).toBe(2);
});

it("what Pub/Sub has no counterpart of is refused before anything is opened", () => {
  const create = (topology: Parameters<typeof pubsubTestOptions>[0]) => () =>
    pubsubTransport.create(pubsubTestOptions(topology), []);
  const queues = [{ name: "q", arguments: { "x-max-length": 5 } }];
  const binding = { exchange: TOPIC, queue: "q", pattern: "streamll.error.*" };
  const declared = topologyOf("declare", TOPIC);
  expect(create({ topology: { ...declared, queues } })).toThrow("x-max-length means nothing to Pub/Sub");
  expect(create({ topology: { ...declared, bindings: [binding] } })).toThrow(
    "with a filter such as attributes.event_type",
  );
});
