import { setImmediate } from "node:timers/promises";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { type OutboundMessage, type PublishOutcome, TransportError } from "@streamll/core";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Confirms } from "../src/confirms.js";
import { message, messages, outcomes } from "./support/message.js";

const nack = new TransportError("nack", "nacked");
const unroutable = new TransportError("unroutable", "came back");
const kinds = (all: readonly (PublishOutcome | undefined)[]) => all.map((outcome) => outcome?.kind);

setFlagsFromString("--expose-gc");
const collectGarbage = runInNewContext("gc") as () => void;

function sent(...batches: OutboundMessage[][]) {
  const confirms = new Confirms("events");
  const settled = batches.map((batch) => {
    const record = outcomes(batch.length);
    confirms.add(batch, record.settle);
    return record;
  });
  return { confirms, settled };
}

const answers = fc.array(
  fc.record({
    tag: fc.nat(40),
    multiple: fc.boolean(),
    positive: fc.boolean(),
    batch: fc.option(fc.record({ count: fc.integer({ min: 1, max: 12 }), skip: fc.array(fc.nat(11)) }), {
      nil: undefined,
    }),
  }),
  { maxLength: 60 },
);

describe("confirms", () => {
  it("let go of a batch that is answered, though one before it is not, and take no second answer for it", async () => {
    const { confirms } = sent(messages(2));
    const record = outcomes(2);
    const addSecond = () => {
      const batch = messages(2);
      confirms.add(batch, record.settle);
      return new WeakRef(batch[0]!);
    };
    const kept = addSecond();
    for (const tag of [4, 3]) confirms.ack(tag, false);
    await setImmediate();
    collectGarbage();
    expect(kept.deref()).toBeUndefined();
    confirms.ack(3, false);
    confirms.nack(4, false, nack);
    expect(kinds(record.all)).toEqual(["confirmed", "confirmed"]);
    expect(confirms.unconfirmed).toBe(2);
  });

  it("settle each message exactly once, whatever order singles and multiples come in", () => {
    fc.assert(
      fc.property(answers, (steps) => {
        const confirms = new Confirms("events");
        const byTag: { expected: string | undefined; actual: () => PublishOutcome | undefined }[] = [];
        for (const { tag, multiple, positive, batch } of steps) {
          if (batch) {
            const skipped = new Map(
              [...new Set(batch.skip.filter((i) => i < batch.count))]
                .sort((a, b) => a - b)
                .map((i) => [i, true]),
            );
            const record = outcomes(batch.count);
            confirms.add(messages(batch.count), record.settle, skipped);
            for (let i = 0; i < batch.count; i++) {
              if (!skipped.has(i)) byTag.push({ expected: undefined, actual: () => record.all[i] });
            }
          }
          const from = multiple ? 1 : tag;
          const to = multiple && tag === 0 ? byTag.length : tag;
          if (tag <= byTag.length) {
            for (const entry of byTag.slice(Math.max(0, from - 1), to))
              entry.expected ??= positive ? "confirmed" : "refused";
          }
          if (positive) confirms.ack(tag, multiple);
          else confirms.nack(tag, multiple, nack);
          expect(byTag.map(({ actual }) => actual()?.kind)).toEqual(byTag.map(({ expected }) => expected));
          expect(confirms.unconfirmed).toBe(byTag.filter(({ expected }) => !expected).length);
        }
      }),
      { numRuns: 500 },
    );
  });

  it("pass the broker's multiple on as one range a batch", () => {
    const ranges: [number, number][] = [];
    const confirms = new Confirms("events");
    for (let i = 0; i < 3; i++) confirms.add(messages(50), (from, to) => ranges.push([from, to]));
    confirms.ack(70, true);
    confirms.ack(150, true);
    expect(ranges).toEqual([
      [0, 50],
      [0, 20],
      [20, 50],
      [0, 50],
    ]);
  });

  it("ignore an answer for a message that was never sent", () => {
    const { confirms, settled } = sent(messages(2));
    confirms.ack(3, false);
    confirms.ack(7, true);
    expect(settled[0]?.open()).toBe(2);
  });
});

describe("a message that came back", () => {
  const back = (sent: OutboundMessage) => ({
    messageId: sent.messageId,
    exchange: "events",
    routingKey: sent.routingKey,
  });

  it("is refused once its confirm comes, and its neighbours are confirmed", () => {
    const batch = messages(4);
    const { confirms, settled } = sent(batch);
    expect(confirms.returned(back(batch[2]!), unroutable)).toBe(true);
    expect(settled[0]?.open()).toBe(4);
    confirms.ack(4, true);
    expect(kinds(settled[0]!.all)).toEqual(["confirmed", "confirmed", "refused", "confirmed"]);
    expect(settled[0]?.all[2]).toMatchObject({ error: { kind: "unroutable" } });
  });

  it("is told apart from another with its id by key and exchange", () => {
    const twice = message({ messageId: "same" });
    const other = twice.detach({ routingKey: "other" });
    const { confirms, settled } = sent([twice, other, twice.detach({ exchange: "dead" })]);
    confirms.returned({ ...back(twice), exchange: "dead" }, unroutable);
    confirms.returned(back(other), unroutable);
    confirms.ack(0, true);
    expect(kinds(settled[0]!.all)).toEqual(["confirmed", "refused", "refused"]);
  });

  it("is the first of its like that did not come back yet", () => {
    const twice = message({ messageId: "same" });
    const { confirms, settled } = sent([twice, twice], [twice]);
    confirms.returned(back(twice), unroutable);
    confirms.returned(back(twice), unroutable);
    confirms.ack(0, true);
    expect(kinds(settled.flatMap(({ all }) => all))).toEqual(["refused", "refused", "confirmed"]);
  });

  it("is not one that was settled before", () => {
    const twice = message({ messageId: "same" });
    const { confirms, settled } = sent([twice, twice]);
    confirms.ack(1, false);
    confirms.returned(back(twice), unroutable);
    confirms.ack(2, false);
    expect(kinds(settled[0]!.all)).toEqual(["confirmed", "refused"]);
  });

  it("is left alone when nothing in flight fits", () => {
    const { confirms } = sent(messages(1));
    expect(confirms.returned({ messageId: undefined, exchange: "", routingKey: "k" }, unroutable)).toBe(
      false,
    );
  });
});
