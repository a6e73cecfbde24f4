import { TransportError } from "@streamll/core";
import { type OpenMessage, refuseAccused, suspectsByLane } from "@streamll/transport-kit";
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

it("the suspects of a lane outlive its connections, and are no other lane's", () => {
  const suspectsOf = suspectsByLane();
  suspectsOf({ index: 0 }).add(7);
  expect([...suspectsOf({ index: 0 })]).toEqual([7]);
  expect(suspectsOf({ index: 1 }).size).toBe(0);
});
