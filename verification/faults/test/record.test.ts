import { expect, it } from "vitest";
import { matrix } from "../src/matrix.js";
import { merged } from "../src/record.js";
import { head, type Result } from "../src/table.js";

const [first, second, third] = matrix;
const lineOf = (cells: readonly unknown[]) => `| ${cells.join(" | ")} |`;
const seenBefore = (row: typeof first, on: string, events: number) =>
  lineOf([row!.number, row!.title, on, events, 0, 0, 0, "kept", "1.0 s", "degraded", "2025-01-01"]);
const failed = (row: typeof first): Result => ({
  row: row!,
  version: "4.0.5",
  run: undefined,
  deviations: ["lost 3"],
});

it("keeps the lines of rows that were not run, and puts the others in their place", () => {
  const table = [
    lineOf([...head, "seen"]),
    seenBefore(third, "4.0.5", 10),
    seenBefore(first, "4.0.5", 20),
    seenBefore(first, "3.10.8", 30),
    lineOf([second!.number, "a row that is no more", "4.0.5"]),
  ].join("\n");
  expect(
    merged(table, [failed(first), failed(second)], "2025-02-02")
      .split("\n")
      .slice(2),
  ).toEqual([
    seenBefore(first, "3.10.8", 30),
    lineOf([first!.number, first!.title, "4.0.5", "lost 3", "", "", "", "", "", "", "2025-02-02"]),
    lineOf([second!.number, second!.title, "4.0.5", "lost 3", "", "", "", "", "", "", "2025-02-02"]),
    seenBefore(third, "4.0.5", 10),
  ]);
});
