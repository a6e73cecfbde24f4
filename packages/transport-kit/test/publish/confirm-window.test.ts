import type { PublishOutcome } from "@streamll/core";
import { ConfirmWindow, rangesBetween } from "@streamll/transport-kit";
import fc from "fast-check";
import { describe, expect, it } from "vitest";

const confirmed: PublishOutcome = { kind: "confirmed" };

describe("a window of confirms", () => {
  it("settles answers that come in order as one range, at their places in the batch", () => {
    const window = new ConfirmWindow<string>();
    const settled: number[][] = [];
    const settle = (from: number, to: number) => void settled.push([from, to]);
    window.add({ first: 1, last: 50, count: 50, settle, kept: "a" });
    window.add({ first: 51, last: 60, count: 10, offset: 5, settle, kept: "b" });
    window.flightOf(20)?.settle(0, 20, confirmed);
    window.flightOf(55)?.settle(0, 5, confirmed);
    expect(settled).toEqual([
      [0, 20],
      [5, 10],
    ]);
    expect(window.unconfirmed).toBe(35);
  });

  it("tells when everything is answered, also in another order, and at once where nothing waits", async () => {
    const window = new ConfirmWindow<undefined>();
    await window.answered();
    const [one, two] = [1, 2].map((first) =>
      window.add({ first, last: first, count: 1, settle: () => {}, kept: undefined }),
    );
    let isAnswered = false;
    const answered = window.answered().then(() => {
      isAnswered = true;
    });
    two!.settle(0, 1, confirmed);
    window.forget();
    await Promise.resolve();
    expect(isAnswered).toBe(false);
    one!.settle(0, 1, confirmed);
    window.forget();
    await answered;
  });

  it("settles each message once, whatever is answered in whatever order", () => {
    const range = fc.record({ from: fc.nat(20), length: fc.nat(20), skip: fc.boolean() });
    fc.assert(
      fc.property(fc.array(range), (steps) => {
        const window = new ConfirmWindow<number>();
        const outcomes: number[] = Array(20).fill(0);
        const settle = (from: number, to: number) => {
          for (let at = from; at < to; at++) outcomes[at]!++;
        };
        const flight = window.add({ first: 1, last: 20, count: 20, settle, kept: 0 });
        const expected: number[] = Array(20).fill(0);
        const answered: boolean[] = Array(20).fill(false);
        for (const { from, length, skip } of steps) {
          const to = Math.min(20, from + length);
          if (skip && from < 20) {
            expect(flight.skip(from)).toBe(!answered[from]);
            answered[from] = true;
            continue;
          }
          flight.settle(from, to, confirmed);
          for (let at = from; at < to; at++) {
            if (!answered[at]) expected[at]!++;
            answered[at] = true;
          }
        }
        expect(outcomes).toEqual(expected);
        expect(window.unconfirmed).toBe(answered.filter((is) => !is).length);
        expect(flight.kept).toBe(answered.every(Boolean) ? undefined : 0);
      }),
    );
  });

  it("holds nothing of what is answered", () => {
    const window = new ConfirmWindow<string>();
    for (let tag = 1; tag <= 10_000; tag++) {
      window.add({ first: tag, last: tag, count: 1, settle: () => {}, kept: "message" });
      window.flightOf(tag)!.settle(0, 1, confirmed);
      window.forget();
    }
    expect(window.unconfirmed).toBe(0);
    expect(window.retained).toBeLessThan(200);
  });

  it("knows no flight beyond the last number, and gives those from a number on", () => {
    const window = new ConfirmWindow<undefined>();
    for (const first of [1, 11, 21])
      window.add({ first, last: first + 9, count: 10, settle: () => {}, kept: undefined });
    expect(window.flightOf(31)).toBeUndefined();
    expect([...window.flights(12)].map(({ first }) => first)).toEqual([11, 21]);
    expect([...window.flights()]).toHaveLength(3);
  });
});

it("the ranges of a batch are what lies between the indices that are left out", () => {
  const without = (length: number, ...gaps: number[]) => [
    ...rangesBetween({ length }, new Map(gaps.map((at) => [at, true]))),
  ];
  expect(without(3)).toEqual([[0, 3]]);
  expect(without(5, 0, 3)).toEqual([
    [1, 3],
    [4, 5],
  ]);
  expect(without(2, 0, 1)).toEqual([]);
});
