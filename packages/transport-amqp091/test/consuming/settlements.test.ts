import type { Delivery, SettlementOutcome, Verdict } from "@streamll/core";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Settlements } from "../../src/consuming/settlements.js";
import { decodeAll, defs } from "../support/amqplib-codec.js";

const done: Verdict = { kind: "done" };
const again: Verdict = { kind: "again", failed: false };
const failed: Verdict = { kind: "again", failed: true };
const dead: Verdict = { kind: "dead", reason: "X", description: "x" };

const named = new Map([
  [defs.BasicAck, "ack"],
  [defs.BasicNack, "nack"],
  [defs.BasicReject, "reject"],
]);

/** Frames as text: what a broker is told, in its order. */
const words = (bytes: Buffer) =>
  decodeAll(bytes, 4096).map(({ id, channel, fields }) => {
    const { deliveryTag, multiple, requeue } = fields!;
    const bits = [multiple && "multiple", requeue && "requeue"].filter(Boolean);
    return [`${channel}`, named.get(id!), deliveryTag, ...bits].join(" ");
  });

const delivery = (tag: number) => ({ tag }) as Delivery & { readonly tag: number };

/** So many deliveries with the tags from 1 on. */
function opened(count: number) {
  const settlements = new Settlements(3);
  const told: SettlementOutcome[] = [];
  const deliveries = Array.from({ length: count }, (_, index) => delivery(index + 1));
  for (const one of deliveries) settlements.open(one);
  const settle = (tag: number, verdict: Verdict) =>
    settlements.settle(deliveries[tag - 1]!, verdict, (outcome) => told.push(outcome));
  return { settlements, settle, told };
}

describe("settlements", () => {
  it("can wait for more while nobody waits for them, and enough of the window is free", () => {
    const lazily: Verdict = { kind: "done", lazy: true };
    const { settlements, settle } = opened(6);
    settle(1, lazily);
    settle(2, lazily);
    expect(settlements.canWait(6)).toBe(true);
    expect(settlements.canWait(5)).toBe(false);
    settle(3, done);
    expect(settlements.canWait(6)).toBe(false);
    settlements.take();
    settle(4, lazily);
    expect(settlements.canWait(6)).toBe(true);
    settle(5, failed);
    expect(settlements.canWait(6)).toBe(false);
  });

  it.each<[string, [number, Verdict][], string[]]>([
    ["one that is done", [[1, done]], ["3 ack 1 multiple"]],
    [
      "neighbours in one",
      [
        [1, done],
        [2, done],
        [3, done],
      ],
      ["3 ack 3 multiple"],
    ],
    [
      "neighbours in one, in any order",
      [
        [3, done],
        [1, done],
        [2, done],
      ],
      ["3 ack 3 multiple"],
    ],
    ["one behind an open one alone", [[2, done]], ["3 ack 2"]],
    [
      "those behind an open one alone",
      [
        [1, done],
        [3, done],
        [4, done],
      ],
      ["3 ack 1 multiple", "3 ack 3", "3 ack 4"],
    ],
    [
      "what is given back before what is done",
      [
        [1, done],
        [2, again],
        [3, done],
      ],
      ["3 nack 2 requeue", "3 ack 3 multiple"],
    ],
    [
      "several that are given back in one, with each that is done between them before it",
      [
        [1, done],
        [2, again],
        [3, done],
        [4, again],
        [5, done],
      ],
      ["3 ack 1 multiple", "3 ack 3", "3 nack 4 multiple requeue", "3 ack 5 multiple"],
    ],
    [
      "those that are given back behind an open one alone",
      [
        [2, again],
        [3, again],
      ],
      ["3 nack 2 requeue", "3 nack 3 requeue"],
    ],
    [
      "what is given back in the order in which it came",
      [
        [5, again],
        [3, again],
        [2, again],
        [1, failed],
      ],
      ["3 reject 1 requeue", "3 nack 3 multiple requeue", "3 nack 5 requeue"],
    ],
    ["a failure as a reject", [[1, failed]], ["3 reject 1 requeue"]],
    ["a dead letter as a reject without its queue", [[1, dead]], ["3 reject 1"]],
    [
      "nothing twice",
      [
        [1, done],
        [1, dead],
      ],
      ["3 ack 1 multiple"],
    ],
  ])("write %s", (_, verdicts, expected) => {
    const { settlements, settle } = opened(5);
    for (const [tag, verdict] of verdicts) settle(tag, verdict);
    expect(words(settlements.take().bytes)).toEqual(expected);
  });

  it.each([
    [100, [32, 64, 96, 100]],
    [2000, Array.from({ length: 16 }, (_, index) => 125 * (index + 1))],
  ])("give %i back by as many nacks as a quorum queue takes in order", (count, tags) => {
    const { settlements, settle } = opened(count);
    for (let tag = 1; tag <= count; tag++) settle(tag, again);
    expect(words(settlements.take().bytes)).toEqual(tags.map((tag) => `3 nack ${tag} multiple requeue`));
  });

  it("write what was settled since the last time", () => {
    const { settlements, settle } = opened(4);
    settle(2, done);
    expect(words(settlements.take().bytes)).toEqual(["3 ack 2"]);
    expect(settlements.isWaiting).toBe(false);
    settle(1, done);
    settle(3, done);
    expect(words(settlements.take().bytes)).toEqual(["3 ack 3 multiple"]);
  });

  it("write a tag of more than 32 bits", () => {
    const settlements = new Settlements(3);
    const one = delivery(2 ** 32 + 5);
    settlements.open(one);
    settlements.settle(one, dead, () => {});
    expect(words(settlements.take().bytes)).toEqual([`3 reject ${2 ** 32 + 5}`]);
  });

  it("take no delivery that is settled, or of another subscription", () => {
    const { settlements, settle } = opened(1);
    expect(settlements.settle(delivery(1), done, () => {})).toBe(false);
    expect(settlements.settle({} as Delivery, done, () => {})).toBe(false);
    expect(settle(1, done)).toBe(true);
    expect(settle(1, done)).toBe(false);
  });

  it("tell each once, also those that are never written", () => {
    const { settlements, settle, told } = opened(3);
    settle(1, done);
    for (const each of settlements.take().told) each("written");
    settle(2, dead);
    for (const each of settlements.abandon()) each("lost");
    expect(told).toEqual(["written", "lost"]);
    expect(settle(3, done)).toBe(false);
  });

  it("mean to a broker what they mean here, in any order", () => {
    const verdicts = [done, again, failed, dead];
    // Of up to 12 deliveries: the order in which they are settled, how, and after which ones all is written.
    const input = fc.array(fc.record({ verdict: fc.nat(3), write: fc.boolean(), rank: fc.nat() }), {
      maxLength: 12,
    });
    fc.assert(
      fc.property(input, (plan) => {
        const { settlements, settle } = opened(plan.length);
        const broker = brokerWith(plan.length);
        const order = plan.map((_, index) => index).sort((a, b) => plan[a]!.rank - plan[b]!.rank);
        const expected = new Map<number, string>();
        for (const index of order) {
          const verdict = verdicts[plan[index]!.verdict]!;
          settle(index + 1, verdict);
          expected.set(index + 1, verdict.kind);
          if (!plan[index]!.write) continue;
          const back = broker.read(settlements.take().bytes);
          expect(back).toEqual(back.toSorted((a, b) => a - b));
          expect(broker.outcomes).toEqual(expected);
        }
        broker.read(settlements.take().bytes);
        expect(broker.outcomes).toEqual(expected);
      }),
      { numRuns: 1000 },
    );
  });
});

/** What RabbitMQ does with the unsettled deliveries of a channel; it throws where RabbitMQ closes the channel. */
function brokerWith(count: number) {
  const open = new Set(Array.from({ length: count }, (_, index) => index + 1));
  const outcomes = new Map<number, string>();
  return {
    outcomes,
    /** Gives the tags of those that come back, in the order in which they do. */
    read(bytes: Buffer): number[] {
      const back: number[] = [];
      const end = (tag: number, outcome: string) => {
        open.delete(tag);
        outcomes.set(tag, outcome);
        if (outcome === "again") back.push(tag);
      };
      for (const { id, fields } of decodeAll(bytes, 4096)) {
        const tag = Number(fields!.deliveryTag);
        const outcome = id === defs.BasicAck ? "done" : fields!.requeue ? "again" : "dead";
        if (!open.has(tag)) throw new Error(`406 unknown delivery tag ${tag}`);
        for (const each of [...open])
          if (each === tag || (fields!.multiple && each < tag)) end(each, outcome);
      }
      return back;
    },
  };
}
