import { expect, test } from "vitest";

interface Suite {
  readonly code: number;
  readonly report: object | undefined;
}
interface Tally {
  tally(suites: readonly Suite[]): { passed: number; failed: number; skipped: number };
  closingLine(sum: { passed: number; failed: number; skipped: number }): string;
}
// Plain JavaScript: `npm test` runs it before anything is installed.
const { tally, closingLine }: Tally = await import(new URL("../../tally.mjs", import.meta.url).href);

const green = { numPassedTests: 3, numFailedTests: 0, numPendingTests: 1, numTodoTests: 1, numTotalTests: 5 };

test("the closing line adds up the suites; a todo is a skipped test", () => {
  const sum = tally([
    { code: 0, report: green },
    { code: 1, report: { numPassedTests: 2, numFailedTests: 4 } },
  ]);
  expect(closingLine(sum)).toBe("5 passed, 4 failed, 2 skipped");
});

test("a suite that crashed without a report is a failure", () => {
  expect(tally([{ code: 139, report: undefined }])).toEqual({ passed: 0, failed: 1, skipped: 0 });
});

test("a suite that ended badly though all its tests passed is a failure", () => {
  expect(tally([{ code: 1, report: green }]).failed).toBe(1);
});

test("a test file that could not be loaded is a failure", () => {
  const testResults = [
    { status: "failed", assertionResults: [] },
    { status: "failed", assertionResults: [{ status: "failed" }] },
    { status: "passed", assertionResults: [{ status: "passed" }] },
  ];
  expect(tally([{ code: 1, report: { numPassedTests: 1, numFailedTests: 1, testResults } }]).failed).toBe(2);
});

test("a test that was found and never ended is a failure", () => {
  expect(tally([{ code: 1, report: { ...green, numTotalTests: 8 } }]).failed).toBe(3);
});
