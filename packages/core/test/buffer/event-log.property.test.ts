import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { PreparedMessage } from "../../src/buffer/encoded-event.js";
import { EventLog } from "../../src/buffer/event-log.js";

const text = fc.string({ unit: "binary", maxLength: 60 });
const value = fc.oneof(
  text,
  fc.boolean(),
  fc.constant(null),
  fc.integer(),
  fc.maxSafeInteger(),
  fc.double().map((number) => number + 0),
);
const fields = fc.record({
  routingKey: text,
  text: fc.oneof(
    text,
    fc.nat(3000).map((length) => "x".repeat(length)),
  ),
  messageId: text,
  correlationId: text,
  type: text,
  timestamp: fc.maxSafeInteger(),
  headers: fc.dictionary(text, value, { maxKeys: 4 }),
  exchange: fc.option(text, { nil: undefined }),
  own: fc.option(fc.dictionary(text, text, { maxKeys: 2 }), { nil: undefined }),
});
type Fields = typeof fields extends fc.Arbitrary<infer T> ? T : never;

/** Lone surrogates cannot be written in UTF-8. */
const written = (text: string) => Buffer.from(text).toString();
const optional = (text: string | undefined) => (text === undefined ? undefined : written(text));

function expected({ text, headers, exchange, own, timestamp, ...texts }: Fields) {
  return {
    ...Object.fromEntries(Object.entries(texts).map(([name, value]) => [name, written(value)])),
    timestamp,
    exchange: optional(exchange),
    own: { ...own },
    body: written(text),
    headers: Object.fromEntries(
      Object.entries(headers).map(([name, value]) => [
        written(name),
        typeof value === "string" ? written(value) : value,
      ]),
    ),
  };
}

function held(log: EventLog, slot: number) {
  const message = log.detach(slot);
  const { routingKey, messageId, correlationId, type, timestamp, exchange, own } = message;
  const texts = { routingKey, messageId, correlationId, type, timestamp, exchange };
  return { ...texts, own: { ...own }, body: String(message.body()), headers: message.headers };
}

describe("the log", () => {
  it("gives back each event as it was, in whatever order the others end", () => {
    const step = fc.oneof(
      {
        weight: 3,
        arbitrary: fc
          .tuple(fields, fc.integer({ min: 1, max: 12 }))
          .map(([event, times]) => ({ do: "append" as const, event, times })),
      },
      {
        weight: 2,
        arbitrary: fc
          .tuple(fc.nat(), fc.integer({ min: 1, max: 12 }))
          .map(([index, times]) => ({ do: "settle" as const, index, times })),
      },
      {
        weight: 1,
        arbitrary: fc.tuple(fc.nat(), text).map(([index, key]) => ({ do: "rewrite" as const, index, key })),
      },
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 150, size: "max" }), (steps) => {
        // Segments of 4,000 bytes: records share them, and survivors are left in them.
        const log = new EventLog(64_000);
        const live = new Map<number, Fields>();
        const at = (index: number) => [...live.keys()][index % Math.max(1, live.size)];
        for (const [order, next] of steps.entries()) {
          const slot = next.do === "rewrite" ? at(next.index) : undefined;
          if (next.do === "append") {
            for (let i = 0; i < next.times; i++)
              live.set(log.append(new PreparedMessage(next.event), order, 0), next.event);
          } else if (next.do === "settle") {
            for (let i = 0; i < next.times && live.size > 0; i++) {
              const ended = at(next.index + i * 7)!;
              log.settle(ended);
              live.delete(ended);
            }
          } else if (slot !== undefined) {
            log.rewrite(slot, { routingKey: next.key });
            live.set(slot, { ...live.get(slot)!, routingKey: next.key });
          }
          const bytes = [...live.keys()].reduce((sum, one) => sum + log.recordBytes[one]!, 0);
          expect(log.bytes).toBe(bytes);
        }
        for (const [slot, event] of live) expect(held(log, slot)).toEqual(expected(event));
        for (const slot of live.keys()) log.settle(slot);
        expect(log.bytes).toBe(0);
      }),
      { numRuns: 60 },
    );
  });

  it("frees segments whose events have ended, though single events stay", () => {
    const log = new EventLog(1024 * 1024);
    const event = new PreparedMessage({
      routingKey: "app.end",
      text: "x".repeat(1000),
      messageId: "id",
      correlationId: "run",
      type: "end",
      timestamp: 0,
      headers: {},
    });
    const survivors: number[] = [];
    for (let i = 0; i < 20_000; i++) {
      const slot = log.append(event, i, 0);
      if (i % 500 === 0) survivors.push(slot);
      else log.settle(slot);
      expect(log.heldBytes).toBeLessThan(log.bytes * 1.5 + 4 * 64 * 1024);
    }
    for (const slot of survivors) expect(log.detach(slot).messageId).toBe("id");
  });

  it("takes little more memory than its records, where large and small ones alternate", () => {
    const log = new EventLog(64 * 1024 * 1024);
    const sized = (bytes: number) =>
      new PreparedMessage({
        routingKey: "app.end",
        text: "x".repeat(bytes),
        messageId: "id",
        correlationId: "run",
        type: "end",
        timestamp: 0,
        headers: {},
      });
    for (const large of [140_000, 300_000]) {
      const slots: number[] = [];
      for (let i = 0; i < 40; i++) slots.push(log.append(sized(large), i, 0), log.append(sized(500), i, 0));
      expect(log.heldBytes).toBeLessThan(log.bytes * 1.1 + 2 * 256 * 1024);
      for (const slot of slots) log.settle(slot);
      expect(log.bytes).toBe(0);
    }
  });
});
