import { expect, it } from "vitest";
import { consumingFaults } from "../src/consuming/matrix/index.js";
import { consumingHead, consumingLine, mergedConsuming } from "../src/consuming/record.js";
import type { ConsumingResult } from "../src/consuming/result.js";

const titleOf = (wanted: number) => consumingFaults.find(({ number }) => number === wanted)!.title;
const result = (number: number, over: ConsumingResult["over"], version: string, events: number) => ({
  ...{ number, title: titleOf(number), over, version, events },
  ...{ lost: 0, twice: 0, dead: 0, outOfOrder: 0, recoveredMs: 1000, words: [], deviations: [] },
});
const lineOf = (cells: readonly unknown[]) => `| ${cells.join(" | ")} |`;
const seen = (one: ConsumingResult, day: string) => lineOf([...consumingLine(one), day]);

it("recording faults of consumers keeps what was not run, also of the same fault over another protocol", () => {
  const [amqp, streams, other] = [
    result(1, "amqp", "4.0.5", 10),
    result(1, "streams", "4.0.5", 20),
    result(41, "amqp", "4.0.5", 30),
  ];
  const table = [
    lineOf([...consumingHead, "seen"]),
    lineOf([...consumingHead, "seen"].map(() => "---")),
    seen(other, "2025-01-01"),
    seen(streams, "2025-01-01"),
    seen(amqp, "2025-01-01"),
    lineOf([1, "a fault that is no more", "AMQP 0-9-1", "4.0.5"]),
  ].join("\n");
  const now = [result(1, "streams", "4.0.5", 40), result(1, "amqp", "3.10.8", 50)];
  expect(mergedConsuming(table, now, "2025-02-02").split("\n").slice(2)).toEqual([
    seen(now[1]!, "2025-02-02"),
    seen(amqp, "2025-01-01"),
    seen(now[0]!, "2025-02-02"),
    seen(other, "2025-01-01"),
  ]);
});

it("has each fault that those meet who read once over each protocol, under a number of its own", () => {
  const numbers = consumingFaults.map(({ number }) => number);
  expect(new Set(numbers).size).toBe(numbers.length);
  for (const { over = ["amqp"], fast = [] } of consumingFaults)
    expect(over).toEqual([...new Set([...over, ...fast])]);
});
