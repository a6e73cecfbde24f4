import { expect, it } from "vitest";
import { type EventFields, PreparedMessage } from "../../src/buffer/encoded-event.js";
import { EventLog } from "../../src/buffer/event-log.js";
import { Kinds } from "../../src/buffer/kinds.js";

const event = (fields: Partial<EventFields> = {}) =>
  new PreparedMessage({
    routingKey: "app.end",
    body: "{}",
    messageId: "id",
    correlationId: "run",
    type: "end",
    timestamp: 0,
    headers: { team: "a" },
    ...fields,
  });

function numbered() {
  const log = new EventLog(1024 * 1024, new Kinds());
  let order = 0;
  return {
    log,
    kindOf: (fields: Partial<EventFields>) => log.kind[log.append(event(fields), ++order, 0)]!,
  };
}

it("the log gives events the same number that differ in ids, type, time and body alone", () => {
  const { log, kindOf } = numbered();
  const kind = kindOf({});
  const other = { messageId: "other", correlationId: "other", type: "start", timestamp: 1, body: "[]" };
  expect(kindOf({ routingKey: "app.start" })).not.toBe(kind);
  expect(kindOf({ ...other, headers: { team: "a" } })).toBe(kind);
  const elsewhere = new EventLog(1024 * 1024);
  const place = { source: Buffer.alloc(0), words: new Uint32Array(0), record: 0 };
  elsewhere.locate(elsewhere.append(event(other), 1, 0), place);
  expect(log.kind[log.appendRecord(place, 9, 0, 0)]).toBe(kind);
});

it("the log gives events other numbers that no message may share", () => {
  const { log, kindOf } = numbered();
  const parts: Partial<EventFields>[] = [
    {},
    { routingKey: "" },
    { routingKey: "app.enda" },
    { headers: {} },
    { headers: { team: "b" } },
    { headers: { team: true } },
    { headers: { team: null } },
    { exchange: "" },
    { exchange: "a" },
    { own: { sessionId: "a" } },
    { exchange: "a", own: { sessionId: "a" } },
  ];
  const kinds = parts.map(kindOf);
  expect(new Set(kinds).size).toBe(parts.length);
  expect(parts.toReversed().map(kindOf)).toEqual(kinds.toReversed());
  const slot = log.append(event(), 99, 0);
  log.rewrite(slot, { exchange: "a" });
  expect(log.kind[slot]).toBe(kinds[8]);
});

it("the log forgets kinds beyond a bound, and gives no number twice", () => {
  const { kindOf } = numbered();
  const key = (index: number) => `${index}.${"k".repeat(1000)}`;
  const kinds = Array.from({ length: 200 }, (_, index) => kindOf({ routingKey: key(index) }));
  expect(new Set(kinds).size).toBe(200);
  expect(kindOf({ routingKey: key(199) })).toBe(kinds[199]);
  expect(kinds).not.toContain(kindOf({ routingKey: key(0) }));
});
