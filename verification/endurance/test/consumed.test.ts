import { describe, expect, it } from "vitest";
import { Consumed } from "../src/consume/account.js";

/** Events of one execution: so many lie between them. */
const EXECUTIONS = 50;

describe("the account of what was consumed", () => {
  it("tells what was lost, what came twice, and which of it is the killed broker's doing", () => {
    const consumed = new Consumed(5);
    for (const index of [0, 1, 1]) consumed.take(index);
    consumed.brokerKilled();
    for (const index of [0, 2, 2]) consumed.take(index);
    expect(consumed.account()).toEqual({
      ...{ events: 5, handled: 3, lost: 2 },
      ...{ twice: 2, twiceByBroker: 1, outOfOrder: 0 },
    });
  });

  it("counts an event that was first handled behind a later one of its execution", () => {
    const consumed = new Consumed(3 * EXECUTIONS);
    for (const index of [0, 2 * EXECUTIONS, EXECUTIONS, 2 * EXECUTIONS, 1]) consumed.take(index);
    expect(consumed.account()).toMatchObject({ outOfOrder: 1, twice: 1 });
  });

  it("takes no number that is none of the events", () => {
    const consumed = new Consumed(5);
    for (const index of [-1, 5, Number.NaN]) expect(() => consumed.take(index)).toThrow(RangeError);
  });
});
