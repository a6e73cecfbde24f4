import { type Fault, startFakePubSub } from "@streamll/fake-pubsub";
import { expect, it, vi } from "vitest";
import { verify } from "../src/verify.js";

const faults: readonly Fault[] = [
  { status: "UNAVAILABLE" },
  { status: "RESOURCE_EXHAUSTED" },
  { reset: "before" },
  { reset: "after" },
  { lateMs: 500 },
];

/** The same numbers each time: https://en.wikipedia.org/wiki/Lehmer_random_number_generator */
function lehmer(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 48_271) % 2_147_483_647;
    return state / 2_147_483_647;
  };
}

it.each([
  ["with ordering keys, each execution in its order", { orderingKey: "{execution_id}" }, true],
  ["without ordering keys", { orderingKey: undefined }, false],
])(
  "Google's client receives all of 100,000 events, 5 % of the requests having failed: %s",
  async (_, own, ordered) => {
    vi.stubEnv("METADATA_SERVER_DETECTION", "none");
    await using fake = await startFakePubSub({
      topics: ["verify"],
      subscriptions: { verify: { topic: "verify", enableMessageOrdering: true } },
    });
    fake.faults.some(0.05, lehmer(7), faults);
    const verdict = await verify({
      ...{ project: fake.project, topic: "verify", subscription: "verify", events: 100_000 },
      sink: { amqpUrl: `pubsub-emulator://${fake.host}/${fake.project}`, retryBackoffMs: 200, ...own },
      client: { apiEndpoint: fake.grpcHost, emulatorMode: true },
      patienceMs: 60_000,
    });
    console.log(
      `${fake.faults.met} of ${fake.requests.length} requests failed, ${verdict.twice} events came twice`,
    );
    expect(fake.faults.met).toBeGreaterThan(5);
    expect(verdict).toMatchObject({ sent: 100_000, failed: 0, received: 100_000 });
    if (ordered) expect(verdict.inOrder).toBe(true);
  },
);
