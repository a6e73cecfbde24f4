import { brokersForTests } from "@streamll/brokers";
import { expect, it } from "vitest";
import { spoolThroughKills } from "../src/spool/run.js";

// `npm run endurance -- --only spool` is the run of 200 kills.
it.each(
  brokersForTests()
    .filter(({ owned }) => owned)
    .flatMap((broker) => [false, true].map((isStream) => ({ broker, isStream, version: broker.version }))),
)(
  "a program with a spool loses nothing in 15 kills, RabbitMQ $version, to a stream: $isStream",
  async ({ broker, isStream }) => {
    const seed = Math.floor(Math.random() * 1_000_000);
    const { account, wrong } = await spoolThroughKills({
      broker,
      isStream,
      kills: 15,
      seed,
      progress: () => {},
    });
    expect(wrong, `seed ${seed}`).toEqual([]);
    expect(account.accepted).toBeGreaterThan(1000);
  },
);
