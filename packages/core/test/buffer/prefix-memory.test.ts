import { PrefixMemory, PreparedMessage, prefixOf, RecordWriter, recordMemory } from "@streamll/core/internal";
import { expect, it } from "vitest";

it("keeps what was made of the last prefix that has a number, and makes nothing of one that has none", () => {
  const writer = new RecordWriter();
  const headers = {};
  const record = (routingKey: string) => {
    const ids = { messageId: "id", correlationId: "run", type: "end", timestamp: 0 };
    const event = new PreparedMessage({ routingKey, ...ids, body: "x", headers });
    const place = { ...recordMemory(writer.bound(event)), record: 0 };
    writer.write(place, 0, event);
    return place;
  };
  const [alone, numbered, neighbour] = [record("a"), record("a"), record("a")];
  const [, other] = [record("b"), record("b")];
  expect([prefixOf(alone), prefixOf(numbered) === prefixOf(neighbour)]).toEqual([0, true]);
  const memory = new PrefixMemory<string>();
  let made = 0;
  const make = (text: string) => () => {
    made++;
    return text;
  };
  memory.keep(alone, make("alone"));
  expect([memory.of(alone), made]).toEqual([undefined, 0]);
  memory.keep(numbered, make("a"));
  expect([memory.of(neighbour), memory.of(alone), memory.of(other), made]).toEqual([
    "a",
    undefined,
    undefined,
    1,
  ]);
  memory.keep(other, make("b"));
  expect([memory.of(other), memory.of(neighbour)]).toEqual(["b", undefined]);
});
