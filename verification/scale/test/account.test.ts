import { expect, it } from "vitest";
import { accountOf } from "../src/account.js";
import { idOf } from "../src/messages.js";

it("the account counts each event by its id, of every process and sink", () => {
  const found = new Map([
    [idOf(0, 0, 0), 1],
    [idOf(0, 1, 0), 3],
    [idOf(1, 0, 0), 1],
    [idOf(1, 0, 1), 1],
    ["of somebody else", 2],
  ]);
  const accepted = [
    [2, 1],
    [2, 0],
  ];
  expect(accountOf(found, accepted)).toEqual({
    accepted: 5,
    delivered: 4,
    lost: 1,
    repeated: 2,
    foreign: 2,
  });
});

it("the account takes an event that no sink took for foreign", () => {
  expect(accountOf(new Map([[idOf(0, 0, 1), 1]]), [[1]])).toMatchObject({ lost: 1, foreign: 1 });
});
