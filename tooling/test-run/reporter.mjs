// Vitest's part of what `results.mjs` reads: every line is in the file before the next test goes on.
import { appendFileSync } from "node:fs";

const written = process.env.STREAMLL_TEST_RESULTS;
const write = (line) => appendFileSync(written, `${JSON.stringify(line)}\n`);

export default class Reporter {
  onTestRunStart(specifications) {
    for (const { moduleId } of specifications) write({ event: "queued", file: moduleId });
  }

  onTestCaseResult(test) {
    const { state, errors } = test.result();
    write({ event: "test", file: test.module.moduleId, state });
    if (state === "failed") writeFailure(test.module, test, errors);
  }

  onHookEnd({ entity }) {
    write({ event: "hook", file: (entity.module ?? entity).moduleId });
  }

  onTestModuleEnd(module) {
    for (const test of module.children.allTests())
      if (test.result().state === "pending") writeFailure(module, test, [{ message: "has no result" }]);
    for (const suite of suitesOf(module))
      if (suite.errors().length > 0) writeFailure(module, suite, suite.errors());
    const { environmentSetupDuration, prepareDuration, collectDuration, setupDuration, duration } =
      module.diagnostic();
    const ms = environmentSetupDuration + prepareDuration + collectDuration + setupDuration + duration;
    write({ event: "ended", file: module.moduleId, ms, ...countsOf(module) });
  }

  onTestRunEnd(_modules, errors) {
    for (const { message, VITEST_TEST_PATH: during } of errors) {
      // Of a process that ended; the file that it ran is known by having no end.
      if (message.startsWith("[vitest-pool]")) continue;
      write({ event: "error", message: during ? `${message} (while ${during} ran)` : message });
    }
  }
}

function countsOf(module) {
  const counts = { passed: 0, failed: 0, skipped: 0 };
  for (const test of module.children.allTests()) counts[stateOf(test)]++;
  // A hook that failed, or a file that cannot be loaded.
  for (const suite of suitesOf(module)) if (suite.errors().length > 0) counts.failed++;
  return counts;
}

const suitesOf = (module) => [module, ...module.children.allSuites()];

/** The closing lines of a run repeat each failure in a line, since the output of a busy run is long. */
function writeFailure(module, { fullName }, errors) {
  const [message = ""] = (errors[0]?.message ?? "").split("\n");
  write({ event: "failure", file: module.moduleId, test: fullName, message });
}

/** A test that has no result when its file ends has not passed. */
function stateOf(test) {
  const { state } = test.result();
  return state === "pending" ? "failed" : state;
}
