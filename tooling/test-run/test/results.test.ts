import { expect, test } from "vitest";

interface Results {
  add(line: string): object | undefined;
  close(end: { code: number; interrupted: boolean }): {
    sum: { passed: number; failed: number; skipped: number };
    remarks: string[];
  };
}
// Plain JavaScript: `npm test` runs it before anything is installed.
const { Results }: { Results: new () => Results } = await import(
  new URL("../results.mjs", import.meta.url).href
);

/** What comes of these lines, and of the exit code after them. */
function closed(lines: readonly object[], end = { code: 0, interrupted: false }) {
  const results = new Results();
  for (const line of lines) results.add(JSON.stringify({ file: "a.test.ts", ...line }));
  return results.close(end);
}

const counts = { passed: 2, failed: 0, skipped: 1 };

test("a file is counted at its end, whatever is told of its tests before or after", () => {
  const test = { event: "test", state: "passed" };
  const lines = [{ event: "started", pid: 1 }, test, { event: "ended", ms: 1, ...counts }, test];
  expect(closed(lines)).toEqual({ sum: counts, remarks: [] });
});

test("of a file without an end the tests count that ended, and it has failed", () => {
  const lines = ["passed", "failed", "skipped"].map((state) => ({ event: "test", state }));
  expect(closed([{ event: "started", pid: 1 }, ...lines])).toEqual({
    sum: { passed: 1, failed: 2, skipped: 1 },
    remarks: ["a.test.ts: its process ended before its tests did"],
  });
});

test("each failure has a line with the file, the test and the message, and is not counted twice", () => {
  const lines = [
    { event: "test", state: "failed" },
    { event: "failure", test: "the suite > the test", message: "expected 1 to be 2" },
    { event: "failure", message: "cannot be loaded" },
    { event: "ended", ms: 1, passed: 2, failed: 2, skipped: 0 },
  ];
  expect(closed(lines, { code: 1, interrupted: false })).toEqual({
    sum: { passed: 2, failed: 2, skipped: 0 },
    remarks: ["a.test.ts > the suite > the test: expected 1 to be 2", "a.test.ts: cannot be loaded"],
  });
});

test("a file that was to run and did not has failed, unless somebody wanted the end", () => {
  const lines = [{ event: "queued" }];
  expect(closed(lines).remarks).toEqual(["a.test.ts: was not run"]);
  expect(closed(lines, { code: 130, interrupted: true })).toEqual({
    sum: { passed: 0, failed: 1, skipped: 0 },
    remarks: ["a.test.ts: interrupted", "ended with code 130"],
  });
});

test("a suite that ended badly although all of its tests passed has failed", () => {
  const lines = [{ event: "ended", ms: 1, ...counts }];
  expect(closed(lines, { code: 1, interrupted: false })).toEqual({
    sum: { ...counts, failed: 1 },
    remarks: ["ended with code 1"],
  });
});
