import { describe, expect, it } from "vitest";
import { Ledger } from "../src/ledger.js";

const ledgerOf = (...found: readonly (readonly [id: string, stamp: number, redelivered?: boolean])[]) => {
  const ledger = new Ledger(executionOf);
  for (const [id, stamp, redelivered = false] of found) {
    ledger.found({ id, execution: executionOf(Number(id)), stamp, redelivered });
  }
  return ledger;
};

const executionOf = (index: number) => `sink-${index % 2}`;

const nothingWrong = {
  unsent: {},
  unsentTwice: 0,
  lost: 0,
  firstLost: [],
  duplicated: 0,
  redelivered: 0,
  foreign: 0,
  outOfOrder: 0,
  deliveredLate: 0,
  unsentYetFound: 0,
};

describe("the account of a long run", () => {
  it("has nothing to say where each event was found once, in order", () => {
    const ledger = ledgerOf(["0", 1], ["1", 1], ["2", 2], ["3", 2]);
    expect(ledger.account(4)).toEqual({ ...nothingWrong, accepted: 4 });
  });

  it("tells each event that was accepted, not told to be unsent, and not found", () => {
    const ledger = ledgerOf(["0", 1], ["3", 1]);
    ledger.unsent("DROPPED", [1]);
    expect(ledger.account(5)).toMatchObject({ lost: 2, firstLost: [2, 4], unsent: { DROPPED: 1 } });
  });

  it("tells what came twice from what the broker delivered again", () => {
    const ledger = ledgerOf(["0", 1], ["0", 1], ["0", 2], ["0", 2, true], ["0", 3, true]);
    expect(ledger.account(1)).toMatchObject({ lost: 0, duplicated: 2, redelivered: 2 });
  });

  it("believes the broker where that does not stamp", () => {
    const ledger = ledgerOf(["0", 0], ["0", 0, true], ["0", 0]);
    expect(ledger.account(1)).toMatchObject({ duplicated: 1, redelivered: 1 });
  });

  it("sees order within an execution alone", () => {
    expect(ledgerOf(["1", 1], ["0", 1], ["3", 1], ["2", 1]).account(4)).toMatchObject({ outOfOrder: 0 });
    expect(ledgerOf(["2", 1], ["0", 1], ["1", 1], ["3", 1]).account(4)).toMatchObject({ outOfOrder: 1 });
  });

  it("does not blame the sink for what the broker took in order and delivered late", () => {
    expect(ledgerOf(["2", 5], ["0", 4, true]).account(1)).toMatchObject({ outOfOrder: 0, deliveredLate: 1 });
    expect(ledgerOf(["2", 5], ["0", 6, true]).account(1)).toMatchObject({ outOfOrder: 1, deliveredLate: 0 });
    expect(ledgerOf(["2", 5], ["0", 4]).account(1)).toMatchObject({ outOfOrder: 1, deliveredLate: 0 });
    expect(ledgerOf(["2", 0], ["0", 0, true]).account(1)).toMatchObject({ outOfOrder: 0, deliveredLate: 1 });
  });

  it("takes an event that comes again behind later ones for twice, not for out of order", () => {
    expect(ledgerOf(["0", 1], ["2", 1], ["0", 5]).account(3)).toMatchObject({ outOfOrder: 0, duplicated: 1 });
  });

  it("counts what is none of the sink's events", () => {
    const ledger = ledgerOf(["0", 1], ["?", 1], ["7", 1]);
    ledger.found({ id: "1", execution: "sink-0", stamp: 1, redelivered: false });
    expect(ledger.account(2)).toMatchObject({ foreign: 3, lost: 1, firstLost: [1] });
  });

  it("notes what was told twice, and what was told and yet is there", () => {
    const ledger = ledgerOf(["0", 1]);
    ledger.unsent("UNCONFIRMED_AT_STOP", [0, 1]);
    ledger.unsent("DROPPED", [1]);
    expect(ledger.account(2)).toMatchObject({ unsentTwice: 1, unsentYetFound: 1, lost: 0 });
  });

  it("keeps account of many", () => {
    const ledger = new Ledger(executionOf);
    for (let index = 0; index < 100_000; index++) {
      if (index !== 77_777)
        ledger.found({ id: `${index}`, execution: executionOf(index), stamp: index, redelivered: false });
    }
    expect(ledger.account(100_000)).toMatchObject({
      lost: 1,
      firstLost: [77_777],
      foreign: 0,
      outOfOrder: 0,
    });
  });
});
