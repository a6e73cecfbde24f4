import { expect, it } from "vitest";
import { judgeSpool } from "../src/spool/account.js";

const ledger = "accepted 0\naccepted 1\nanswered 20\naccepted 2\naccepted 7\naccep";

it("finds nothing wrong with what is whole, and takes no cut line for an event", () => {
  expect(judgeSpool(ledger, [0, 1, 20, 2, 7])).toEqual({
    ...{ accepted: 4, arrived: 5, lost: 0, lostFirst: [], twice: 0, sentAgain: 0, outOfOrder: 0 },
  });
});

it("finds what is missing, overtaken, twice, and sent again after its answer", () => {
  expect(judgeSpool(ledger, [7, 0, 20, 20, 2])).toMatchObject({
    lost: 1,
    lostFirst: [1],
    twice: 1,
    sentAgain: 0,
    outOfOrder: 1,
  });
  expect(judgeSpool(ledger, [0, 1, 20, 2, 7, 20])).toMatchObject({ lost: 0, twice: 1, sentAgain: 1 });
});
