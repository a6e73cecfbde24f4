/**
 * Adds up test reports in the shape of vitest's JSON reporter. A suite is `{ name, code, report }`: its exit code
 * and what it wrote, `undefined` where it died before it could.
 * @returns {{ passed: number, failed: number, skipped: number }}
 */
export function tally(suites) {
  const sum = { passed: 0, failed: 0, skipped: 0 };
  for (const { code, report } of suites) {
    const failures = report ? failuresIn(report) : 0;
    sum.passed += report?.numPassedTests ?? 0;
    sum.skipped += (report?.numPendingTests ?? 0) + (report?.numTodoTests ?? 0);
    // A suite that ended badly and names no failing test (it crashed, or an error escaped its tests) still failed.
    sum.failed += failures === 0 && code !== 0 ? 1 : failures;
  }
  return sum;
}

/** The closing line of `npm test`. */
export const closingLine = ({ passed, failed, skipped }) =>
  `${passed} passed, ${failed} failed, ${skipped} skipped`;

function failuresIn({
  numPassedTests = 0,
  numFailedTests = 0,
  numPendingTests = 0,
  numTodoTests = 0,
  ...rest
}) {
  const counted = numPassedTests + numFailedTests + numPendingTests + numTodoTests;
  // Tests that were found and have no result: their worker died, or a hook before them failed.
  const lost = Math.max(0, (rest.numTotalTests ?? counted) - counted);
  // A file that could not be loaded has no test to blame.
  const unloadable = (rest.testResults ?? []).filter(
    ({ status, assertionResults = [] }) =>
      status === "failed" && !assertionResults.some((test) => test.status === "failed"),
  ).length;
  return numFailedTests + Math.max(lost, unloadable);
}
