/**
 * What is known of a suite. The processes that run it append an object a line to a file, so that what was written
 * outlives them:
 *
 * - `{ event: "queued", file }` is a test file that is going to run.
 * - `{ event: "started", file, pid }` says which process runs it.
 * - `{ event: "test", file, state }` is a test of it that ended: "passed", "failed" or "skipped".
 * - `{ event: "hook", file }` is a hook of it that ended.
 * - `{ event: "failure", file, test, message }` says what failed in it: a test, or a hook by the name of its tests. What
 *   fails is counted by the lines about tests and files.
 * - `{ event: "ended", file, ms, passed, failed, skipped }` counts all that is in it.
 * - `{ event: "error", message }` is an error that belongs to no test.
 */
export class Results {
  #files = new Map();
  #failures = [];
  #errors = [];

  /** @returns The file that the line is about, where it is about one. */
  add(line) {
    const { event, file: name, ...more } = JSON.parse(line);
    if (event === "error") {
      this.#errors.push(more.message);
      return undefined;
    }
    if (event === "failure") {
      this.#failures.push(`${[name, more.test].filter(Boolean).join(" > ")}: ${more.message}`);
      return this.#files.get(name);
    }
    const file = this.#files.get(name) ?? { name, state: "queued", passed: 0, failed: 0, skipped: 0 };
    this.#files.set(name, file);
    // Vitest may tell of a test after the end of its file, which has counted it.
    if (file.state === "ended") return file;
    if (event === "started") Object.assign(file, more, { state: "running" });
    else if (event === "test") file[more.state]++;
    else if (event === "ended") Object.assign(file, more, { state: "ended" });
    return file;
  }

  /** @returns The files in a state, or all. */
  files(state) {
    return [...this.#files.values()].filter((file) => state === undefined || file.state === state);
  }

  /**
   * @param code The exit code of the suite.
   * @param interrupted Whether it ended because somebody wanted it to.
   * @returns Its sum, and a line about each failure.
   */
  close({ code, interrupted }) {
    const sum = { passed: 0, failed: 0, skipped: 0 };
    const remarks = [...this.#failures];
    const fail = (remark) => {
      remarks.push(remark);
      sum.failed++;
    };
    for (const { name, state, passed, failed, skipped } of this.#files.values()) {
      sum.passed += passed;
      sum.failed += failed;
      sum.skipped += skipped;
      const trouble = troubles[state];
      if (!trouble) continue;
      if (interrupted && state !== "hung") remarks.push(`${name}: interrupted`);
      else fail(`${name}: ${trouble}`);
    }
    for (const message of this.#errors) fail(`an error outside of the tests: ${message}`);
    if (this.#files.size === 0) fail(`ended with code ${code}, and no test of it ran`);
    else if (code !== 0 && sum.failed === 0) fail(`ended with code ${code}`);
    return { sum, remarks };
  }
}

const troubles = {
  queued: "was not run",
  running: "its process ended before its tests did",
  died: "its process ended before its tests did",
  hung: "hung and was ended",
};
