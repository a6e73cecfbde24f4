import type { DeliveryStats } from "@streamll/core";
import { describe, expect, it } from "vitest";
import { type LongRun, type SinkSeen, wrongs } from "../src/judge.js";

const LIMIT = 350e6;

const sink = (
  account: Partial<SinkSeen["account"]> = {},
  stats: Partial<DeliveryStats> = {},
  failures: Readonly<Record<string, number>> = { DROPPED: 2 },
): SinkSeen => ({
  name: "small",
  account: {
    accepted: 10,
    unsent: { DROPPED: 2 },
    unsentTwice: 0,
    lost: 0,
    firstLost: [],
    duplicated: 3,
    redelivered: 9,
    foreign: 0,
    outOfOrder: 1,
    deliveredLate: 2,
    unsentYetFound: 1,
    ...account,
  },
  verdict: {
    report: { sent: 8, failed: 0, dropped: 2, rejected: 0, pending: 0, failures, durationMs: 1 },
    stats: {
      events_received: 10,
      events_sent: 8,
      events_failed: 0,
      events_dropped: 2,
      events_retried: 1,
      ...stats,
    } as DeliveryStats,
    accepted: 10,
  },
  inFlightAtMost: 3,
  mayFail: ["DROPPED"],
});

const run = (seen: Partial<LongRun> = {}): LongRun => ({
  sinks: [sink()],
  exit: { code: 0, signal: null, byItself: true, stderr: "" },
  uncaught: [],
  rssMaxBytes: 200e6,
  ...seen,
});

const wrongIn = (seen: Partial<LongRun>) => wrongs(run(seen), LIMIT);

describe("the judgement of a long run", () => {
  it("finds nothing wrong where all is accounted for", () => {
    expect(wrongIn({})).toEqual([]);
  });

  it.each([
    ["lost", sink({ lost: 2, firstLost: [4, 7] }), /small: 2 lost \(4, 7\)/],
    ["too many twice", sink({ duplicated: 4 }), /4 came twice, at most 3/],
    ["foreign", sink({ foreign: 1 }), /1 messages are none/],
    ["order", sink({ outOfOrder: 2 }), /2 out of order, and only 1/],
    ["told twice", sink({ unsentTwice: 1 }), /1 were told twice/],
    ["not received", sink({}, { events_received: 9 }), /10 were taken, stats\(\) counts 9/],
    ["unsettled", sink({}, { events_sent: 7 }), /of 10 events 9 are settled/],
  ])("finds %s", (_, seen, words) => {
    expect(wrongIn({ sinks: [seen] })).toEqual([expect.stringMatching(words)]);
  });

  it("finds failures that were not told, and reports that say otherwise", () => {
    expect(wrongIn({ sinks: [sink({ unsent: { DROPPED: 1 } })] })).toEqual([
      "small: 2 failed or were dropped, 1 were told",
      "small: stop() reports 2 of DROPPED, 1 were told",
    ]);
  });

  it("finds a failure that no fault excuses", () => {
    const seen = { ...sink(), mayFail: [] };
    expect(wrongIn({ sinks: [seen] })).toEqual(["small: 2 failed with DROPPED"]);
  });

  it("finds what is wrong with the program", () => {
    const exit = { code: 1, signal: null, byItself: true, stderr: "oh\n" };
    expect(wrongIn({ uncaught: ["uncaught: Error"], exit, rssMaxBytes: 351e6 })).toEqual([
      "uncaught: Error",
      "the program ended with 1",
      "the program's standard error: oh",
      "the program had 351 MB resident, 350 at most are allowed",
    ]);
    expect(wrongIn({ exit: { ...exit, byItself: false, stderr: "" } })).toEqual([
      "something was left after stop() that kept the process alive",
    ]);
  });
});
