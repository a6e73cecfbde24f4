import { expect, it } from "vitest";
import { matrix } from "../src/matrix/index.js";
import { merged } from "../src/record.js";
import { head, protocolNames, type Result } from "../src/table.js";

const [first, second, third] = [1, 2, 3].map((number) => matrix.find((row) => row.number === number));
const lineOf = (cells: readonly unknown[]) => `| ${cells.join(" | ")} |`;
const seenBefore = (row: typeof first, on: string, events: number) =>
  lineOf([
    row!.number,
    row!.title,
    protocolNames[row!.over],
    on,
    events,
    0,
    0,
    0,
    "kept",
    "1.0 s",
    "degraded",
    "2025-01-01",
  ]);
const failed = (row: typeof first): Result => ({
  row: row!,
  version: "4.0.5",
  run: undefined,
  deviations: ["lost 3"],
});

it("recording keeps the lines of faults that were not run, and replaces the others", () => {
  const table = [
    lineOf([...head, "seen"]),
    lineOf([...head, "seen"].map(() => "---")),
    seenBefore(third, "4.0.5", 10),
    seenBefore(first, "4.0.5", 20),
    seenBefore(first, "3.10.8", 30),
    lineOf([second!.number, "a fault that is no more", "AMQP 0-9-1", "4.0.5"]),
  ].join("\n");
  expect(
    merged(table, [failed(first), failed(second)], "2025-02-02")
      .split("\n")
      .slice(2),
  ).toEqual([
    seenBefore(first, "3.10.8", 30),
    lineOf([
      first!.number,
      first!.title,
      "AMQP 0-9-1",
      "4.0.5",
      "lost 3",
      "",
      "",
      "",
      "",
      "",
      "",
      "2025-02-02",
    ]),
    lineOf([
      second!.number,
      second!.title,
      "AMQP 0-9-1",
      "4.0.5",
      "lost 3",
      "",
      "",
      "",
      "",
      "",
      "",
      "2025-02-02",
    ]),
    seenBefore(third, "4.0.5", 10),
  ]);
});
