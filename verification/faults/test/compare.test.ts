import { describe, expect, it } from "vitest";
import { accountOf } from "../src/account.js";
import { deviations } from "../src/compare.js";
import type { Expectation } from "../src/fault.js";
import type { Said } from "../src/messages.js";
import type { Run } from "../src/run.js";
import { good, moment, run, verdict } from "./runs.js";

describe("the comparison", () => {
  it("finds nothing in a run as expected", () => {
    expect(deviations(run(), good)).toEqual([]);
  });

  const cases: Record<string, [Partial<Run>, Partial<Expectation>, RegExp]> = {
    "a lost event": [{ account: account([0, 1, 3]) }, {}, /1 lost \(2\), not 0/],
    "an event that is there although it was expected to be lost": [{}, { lost: 1 }, /0 lost \(\), not 1/],
    "an event that came twice": [{ account: account([0, 1, 2, 2, 3]) }, {}, /1 came twice, 0 at most/],
    "more duplicates than were in flight": [
      { account: account([0, 1, 2, 2, 3, 3]), inFlightAtMost: 1 },
      { duplicated: "in flight" },
      /2 came twice, 1 at most/,
    ],
    "a message of somebody else": [{ account: account([0, 1, 2, 3, 77]) }, {}, /1 messages are none/],
    "events out of order": [{ account: account([0, 2, 1, 3]) }, {}, /1 out of order \(1\)/],
    "a failure that was not expected": [
      { verdict: verdict({ failures: { REJECTED: ["3"] } }) },
      {},
      /1 failed with REJECTED, not 0/,
    ],
    "a failure that was expected and did not come": [
      {},
      { failed: { UNROUTABLE: 2 } },
      /0 failed with UNROUTABLE, not 2/,
    ],
    "failures of which some were expected, and none came": [
      {},
      { failed: { UNROUTABLE: "some" } },
      /not some/,
    ],
    "a failure that only onFailure told of": [
      { verdict: verdict({ failures: { REJECTED: ["3"] } }) },
      { failed: { REJECTED: 1 } },
      /stop\(\) reports 0 of REJECTED, onFailure told of 1/,
    ],
    "an event that was not taken": [{ verdict: verdict({ refused: ["1"] }) }, {}, /1 were not taken, not 0/],
    "an event that stats() does not count": [
      { verdict: verdict({ stats: { events_received: 3 } }) },
      {},
      /4 were taken, stats\(\) counts 3/,
    ],
    "an event that is not settled": [
      { verdict: verdict({ stats: { events_sent: 3 } }) },
      {},
      /of 4 events 3 are settled/,
    ],
    "an uncaught exception": [said({ kind: "uncaught", text: "TypeError: x" }), {}, /uncaught: TypeError/],
    "a warning of the process": [said({ kind: "warning", text: "MaxListeners" }), {}, /warned: MaxListeners/],
    "a process that had to be killed": [
      { exit: { code: null, signal: "SIGKILL", byItself: false, stderr: "" } },
      {},
      /left after stop\(\)/,
    ],
    "another exit code": [
      { exit: { code: 13, signal: null, byItself: true, stderr: "" } },
      {},
      /ended with 13, not with 0/,
    ],
    "another signal": [{}, { exit: { signal: "SIGTERM" } }, /ended by 0, not by SIGTERM/],
    "something on the standard error": [
      { exit: { code: 0, signal: null, byItself: true, stderr: "oh\n" } },
      {},
      /standard error: oh/,
    ],
    "no report": [{ verdict: undefined }, {}, /gave no report/],
    "no recovery": [{ recoveredMs: undefined }, { recoveredWithinMs: 100 }, /not recovered/],
    "a late recovery": [
      { recoveredMs: 400 },
      { recoveredWithinMs: 100 },
      /recovered after 400 ms, 300 ms at most/,
    ],
    "a fault that nobody noticed": [{ noticedMs: undefined }, { noticedWithinMs: 100 }, /not noticed/],
    "words of health that did not come": [
      {},
      { health: [/circuit open/] },
      /health\(\) never said \/circuit open\//,
    ],
    "an event of the sink that did not come": [{}, { events: ["blocked"] }, /the event blocked did not come/],
    "an event of the sink before the fault": [{ faultAt: 100 }, { events: ["disconnected"] }, /did not come/],
    "a line of the log that did not come": [{}, { log: [/320/] }, /the log never said \/320\//],
    "what a row checks itself": [{}, { also: () => ["too warm"] }, /too warm/],
    "trouble of the bench": [{ trouble: ["waited in vain"] }, {}, /waited in vain/],
  };
  it.each(Object.entries(cases))("finds %s", (_, [seen, expected, found]) => {
    expect(deviations(run(seen), { ...good, ...expected }).join("\n")).toMatch(found);
  });
});

describe("the account", () => {
  it("takes a failed event for neither lost nor foreign, whether it arrived or not", () => {
    const told = { offered: 3, besides: [], refused: [], failures: { UNCONFIRMED_AT_STOP: ["1", "2"] } };
    expect(accountOf(found([0, 1]), told)).toMatchObject({ lost: [], foreign: 0, duplicated: 0 });
  });

  it("counts an event that was refused and arrived as foreign", () => {
    expect(accountOf(found([0, 1]), { offered: 2, besides: [], refused: ["1"], failures: {} })).toMatchObject(
      {
        accepted: 1,
        foreign: 1,
      },
    );
  });

  it("takes what was handed over beside the load for the program's own", () => {
    const told = { offered: 2, besides: ["7"], refused: [], failures: {} };
    expect(accountOf(found([0, 1]), told)).toMatchObject({ accepted: 3, lost: ["7"] });
    expect(accountOf(found([0, 1, 7]), told)).toMatchObject({ lost: [], foreign: 0 });
  });

  it("looks at the first copy of an event that came twice", () => {
    expect(account([0, 1, 2, 1, 2, 3])).toMatchObject({ duplicated: 2, outOfOrder: [] });
  });
});

function account(ids: readonly number[]) {
  return accountOf(found(ids), { offered: 4, besides: [], refused: [], failures: {} });
}

function found(ids: readonly number[]) {
  return ids.map((id) => ({ messageId: String(id), correlationId: "execution-0" }));
}

function said(words: Said): Partial<Run> {
  return { timeline: [...run().timeline, moment(words)] };
}
