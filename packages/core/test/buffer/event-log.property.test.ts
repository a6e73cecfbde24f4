import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { PreparedMessage } from "../../src/buffer/encoded-event.js";
import { EventLog } from "../../src/buffer/event-log.js";
import { prefixOf } from "../../src/buffer/record.js";
import { leftBehind, makeEvent } from "./left-behind.js";

const text = fc.string({ unit: "binary", maxLength: 60 });
/** Some longer than what a record mostly has beside its body. */
const longer = fc.oneof(
  { weight: 4, arbitrary: text },
  { weight: 1, arbitrary: fc.nat(1500).map((length) => "é".repeat(length)) },
);
const value = fc.oneof(
  longer,
  fc.boolean(),
  fc.constant(null),
  fc.integer(),
  fc.maxSafeInteger(),
  fc.double().map((number) => number + 0),
);
const fields = fc.record({
  routingKey: text,
  body: fc.oneof(
    text,
    fc.nat(3000).map((length) => "x".repeat(length)),
  ),
  messageId: longer,
  correlationId: longer,
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

function expected({ body, headers, exchange, own, timestamp, ...texts }: Fields) {
  return {
    ...Object.fromEntries(Object.entries(texts).map(([name, value]) => [name, written(value)])),
    timestamp,
    exchange: optional(exchange),
    own: { ...own },
    body: written(body),
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

const alike = {
  ...{ routingKey: "app.end", messageId: "id", correlationId: "run", type: "end", timestamp: 0 },
  ...{ body: "x", headers: {} },
};

const ofBytes = (bytes: number) => new PreparedMessage({ ...alike, body: "x".repeat(bytes) });

function settleFirst(log: EventLog, slots: number[]): void {
  const slot = slots.shift();
  if (slot !== undefined) log.settle(slot);
}

describe("the log", () => {
  it("gives back each of many events that share a prefix, and numbers equal prefixes alone", () => {
    const pool = fc.array(fields, { minLength: 1, maxLength: 3 });
    const sent = fc.array(fc.tuple(fc.nat(), fields, fc.boolean()), { maxLength: 12 });
    fc.assert(
      fc.property(pool, sent, (kinds, events) => {
        const log = new EventLog(64 * 1024);
        const texts = new Map<number, string>();
        for (const [pick, { messageId, correlationId, body, timestamp }, isOtherType] of events) {
          const kind = kinds[pick % kinds.length]!;
          const type = isOtherType ? "other" : kind.type;
          const event = { ...kind, type, messageId, correlationId, body, timestamp };
          const slot = log.append(new PreparedMessage(event), 1, 0);
          expect(held(log, slot)).toEqual(expected(event));
          const place = { source: Buffer.alloc(0), words: new Uint32Array(), record: 0 };
          log.locate(slot, place);
          const prefix = prefixOf(place);
          const { routingKey, exchange, own, headers } = kind;
          const shown = JSON.stringify([routingKey, exchange, own, headers, type]);
          if (prefix !== 0) expect(texts.get(prefix) ?? shown).toBe(shown);
          texts.set(prefix, shown);
        }
      }),
    );
  });

  it("numbers the prefix of events in a row, but not one that came from a file", () => {
    const log = new EventLog(64 * 1024);
    const place = { source: Buffer.alloc(0), words: new Uint32Array(), record: 0 };
    const numberOf = (slot: number) => {
      log.locate(slot, place);
      return prefixOf(place);
    };
    const headers = {};
    const [first, second, third] = [1, 2, 3].map((order) => {
      const event = new PreparedMessage({ ...alike, headers });
      // As admission does, before it decides.
      log.bound(event);
      return numberOf(log.append(event, order, 0));
    });
    expect([first, second === 0, third === second]).toEqual([0, false, true]);
    expect(numberOf(log.appendRecord(place, 4, 0, 0))).toBe(0);
  });

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
    const event = ofBytes(1000);
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
    for (const large of [140_000, 300_000]) {
      const slots: number[] = [];
      for (let i = 0; i < 40; i++)
        slots.push(log.append(ofBytes(large), i, 0), log.append(ofBytes(500), i, 0));
      expect(log.heldBytes).toBeLessThan(log.bytes * 1.1 + 2 * 1024 * 1024);
      for (const slot of slots) log.settle(slot);
      expect(log.bytes).toBe(0);
    }
  });

  it("takes a seventh more memory than its records at most, where some executions are slower than others", () => {
    const log = new EventLog(16 * 1024 * 1024);
    const event = ofBytes(500);
    const lanes: number[][] = [[], [], [], [], []];
    for (let order = 0; order < 200_000; order++) {
      lanes[order % 5]!.push(log.append(event, order, 0));
      const isFull = log.bytes > 15 * 1024 * 1024;
      // The first lane is not answered at all, the others each at another pace.
      if (isFull) for (let lane = 1; lane < 5; lane++) if (order % lane === 0) settleFirst(log, lanes[lane]!);
      expect(log.heldBytes).toBeLessThan((log.bytes * 8) / 7 + 3 * 1024 * 1024);
    }
  });

  it("leaves no arrays behind as events come and go", () => {
    const log = new EventLog(64 * 1024 * 1024);
    const event = ofBytes(100);
    const slots = Uint32Array.from({ length: 100_000 }, (_, order) => log.append(event, order, 0));
    const bytes = leftBehind(60, () => {
      for (let at = 0; at < 50_000; at++) {
        makeEvent();
        log.settle(slots[at]!);
      }
      for (let at = 0; at < 50_000; at++) slots[at] = log.append(event, at, 0);
    });
    expect(bytes).toBeLessThan(256 * 1024);
  });

  it.each([1000, 120_000])(
    "uses the memory of events of %d bytes again, and lets go of what stays free",
    (bytes) => {
      setFlagsFromString("--expose-gc");
      const collect = runInNewContext("gc") as () => void;
      const held = () => process.memoryUsage().arrayBuffers;
      const event = ofBytes(bytes);
      const log = new EventLog(16 * 1024 * 1024);
      const fillAndEmpty = () => {
        const slots = Array.from({ length: 12_000_000 / bytes }, (_, order) => log.append(event, order, 0));
        for (const slot of slots) log.settle(slot);
        log.trim();
      };
      fillAndEmpty();
      collect();
      // V8 frees it in another thread, for which the next collection waits.
      collect();
      const full = held();
      for (let burst = 0; burst < 4; burst++) {
        fillAndEmpty();
        expect(held() - full).toBeLessThan(1024 * 1024);
      }
      log.trim();
      collect();
      collect();
      expect(full - held()).toBeGreaterThan(10 * 1024 * 1024);
    },
  );
});
