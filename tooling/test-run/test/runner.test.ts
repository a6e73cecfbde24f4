import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { afterEach, expect, test, vi } from "vitest";

const program = fileURLToPath(new URL("fixtures/run.mjs", import.meta.url));
const [passes, fails, hangs] = ["passes.fixture.ts", "fails.fixture.ts", "hangs.fixture.ts"];
const timeout = 120_000;
let runner: ChildProcess;
afterEach(() => void runner.kill("SIGKILL"));

/** A suite of these files, in which a file hangs after so many seconds. */
const suite = (files: readonly string[], hangsAfter = 100) => ({ files, hangsAfter });

/** Runs suites as `npm test` does. `said()` is all that it has printed so far. */
function run(...suites: object[]) {
  runner = spawn(process.execPath, [program, ...suites.map((one) => JSON.stringify(one))]);
  let output = "";
  for (const stream of [runner.stdout!, runner.stderr!])
    stream.setEncoding("utf8").on("data", (text) => (output += text));
  const ended = once(runner, "close").then(([code]) => code as number);
  return { ended, said: () => output };
}

const lastLine = (output: string) => output.trimEnd().split("\n").at(-1);

test("the closing line adds up all suites, and each failed hook or file counts", { timeout }, async () => {
  const { ended, said } = run(suite([passes]), suite([fails, "cannot-be-loaded.fixture.ts"]));
  expect(await ended).toBe(1);
  // Failed are a test, a hook before and a hook after tests, and a file. A test that is still to do is skipped.
  expect(lastLine(said())).toBe("3 passed, 4 failed, 5 skipped");
  const closing = said().slice(said().indexOf("The slowest test files:"));
  for (const failure of [
    "fails.fixture.ts > fails: expected 1 to be 2",
    "fails.fixture.ts > a suite whose set-up fails: set-up",
    "fails.fixture.ts > a suite whose tidying up fails: tidying up",
    "cannot-be-loaded.fixture.ts: not to be loaded",
  ])
    expect(closing).toContain(failure);
});

test("a run in which all passes ends with 0, and shows how long its files took", { timeout }, async () => {
  const { ended, said } = run(suite([passes]));
  expect(await ended).toBe(0);
  expect(said()).toMatch(
    /The slowest test files:\n +\d+\.\d s {2}passes\.fixture\.ts\n\n1 passed, 0 failed, 3 skipped\n$/,
  );
});

test("files that hang are named and ended with all that they started, and all others are counted", {
  timeout,
}, async () => {
  const hanging = [hangs, "hangs-while-it-loads.fixture.ts"];
  const { ended, said } = run(suite([...hanging, passes, fails], 30), suite([passes]));
  expect(await ended).toBe(1);
  for (const file of hanging) {
    expect(said()).toContain(`${file} hung: none of its tests ended within 30 s. Its process is ended.`);
    expect(said()).toContain(`${file}: hung and was ended`);
  }
  // What had passed in a file before it hung, too.
  expect(lastLine(said())).toBe("5 passed, 5 failed, 8 skipped");
  const [, pid] = /started (\d+)/.exec(said())!;
  await vi.waitUntil(() => !isAlive(Number(pid)), { timeout: 10_000 });
});

test("a file whose process ends before its tests do is named and has failed", { timeout }, async () => {
  const { ended, said } = run(suite(["crashes.fixture.ts", passes]));
  expect(await ended).toBe(1);
  expect(said()).toContain("crashes.fixture.ts: its process ended before its tests did");
  expect(lastLine(said())).toBe("2 passed, 1 failed, 3 skipped");
});

test("an error outside of the tests is a failure although all tests passed", { timeout }, async () => {
  const { ended, said } = run(suite(["has-an-unhandled-error.fixture.ts"]));
  expect(await ended).toBe(1);
  expect(said()).toContain(
    "an error outside of the tests: nobody handles this (while has-an-unhandled-error",
  );
  expect(lastLine(said())).toBe("1 passed, 1 failed, 0 skipped");
});

test("a signal ends the tests, and what had run until then is counted", { timeout }, async () => {
  const { ended, said } = run(suite([hangs, passes]), suite([fails]));
  await vi.waitUntil(() => said().includes("✓ passes.fixture.ts") && said().includes("started "), {
    timeout,
  });
  runner.kill("SIGTERM");
  expect(await ended).toBe(143);
  expect(said()).toContain("hangs.fixture.ts: interrupted");
  expect(said()).toContain("fails.fixture.ts: not run");
  expect(said()).toContain("Ended by SIGTERM: the sum is of what had run until then.");
  expect(lastLine(said())).toMatch(/^[12] passed, 1 failed, 3 skipped$/);
});

test("a suite that hangs outside of its files is ended, and the next one runs", { timeout }, async () => {
  const { ended, said } = run({ program: "setInterval(() => {}, 1000)", hangsAfter: 3 }, suite([passes]));
  expect(await ended).toBe(1);
  expect(said()).toContain("The suite hung: nothing happened within 3 s, and no test file ran. It is ended.");
  expect(lastLine(said())).toBe("1 passed, 1 failed, 3 skipped");
});

test("a suite that ran no test has failed, whatever its exit code", { timeout }, async () => {
  const { ended, said } = run({ program: "process.exit(0)", hangsAfter: 100 });
  expect(await ended).toBe(1);
  expect(said()).toContain("process.exit(0): ended with code 0, and no test of it ran");
  expect(lastLine(said())).toBe("0 passed, 1 failed, 0 skipped");
});

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
