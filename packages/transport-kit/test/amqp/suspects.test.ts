import { TransportError } from "@streamll/core";
import { type OpenMessage, refuseAccused } from "@streamll/transport-kit";
import { expect, it } from "vitest";

const refusal = new TransportError("permission", "forbidden", { permanent: true });

function accuse(sequences: number[], suspects: Set<number>): number[] {
  const refused: number[] = [];
  const open = sequences.map((sequence) => ({
    message: { sequence } as OpenMessage["message"],
    refuse: () => void refused.push(sequence),
  }));
  refuseAccused(open, suspects, refusal);
  return refused;
}

it("of messages that the broker may mean, refuses the last, and at the next accusation those that came back", () => {
  const suspects = new Set<number>();
  expect(accuse([1, 2, 3], suspects)).toEqual([3]);
  expect(accuse([1, 2, 4, 5], suspects)).toEqual([1, 2, 5]);
  expect(accuse([4], suspects)).toEqual([4]);
  expect(accuse([], suspects)).toEqual([]);
  expect(suspects.size).toBe(0);
});
