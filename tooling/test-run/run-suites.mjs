import { closeSync, mkdtempSync, openSync, readSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { exitCodeOf, interruption, start } from "./processes.mjs";
import { Results } from "./results.mjs";
import { Watchdog } from "./watchdog.mjs";

const slowest = 10;

/**
 * Runs suites one after another, whatever becomes of each, and prints what came of them. The last line is
 * `N passed, N failed, N skipped`.
 * @param suites Each with its `title`, the `command` that writes its results to STREAMLL_TEST_RESULTS, and in
 * `hangsAfter` the seconds after which a file none of whose tests ends counts as hung. It begins once `ready` resolves, where
 * it has that.
 * @returns The exit code.
 */
export async function runSuites(suites, { root, env }) {
  const folder = mkdtempSync(join(tmpdir(), "streamll-test-"));
  process.on("exit", () => rmSync(folder, { recursive: true, force: true }));
  const total = { passed: 0, failed: 0, skipped: 0 };
  const files = [];
  const remarks = [];
  for (const [index, { title, command, hangsAfter, ready }] of suites.entries()) {
    await ready;
    if (interruption()) {
      remarks.push(`${title}: not run`);
      continue;
    }
    console.log(`\n> ${title}`);
    const written = join(folder, `${index}.ndjson`);
    const results = new Results();
    const code = await runSuite(command, results, { root, env, written, hangsAfter });
    const closed = results.close({ code, interrupted: interruption() !== undefined });
    for (const state of Object.keys(total)) total[state] += closed.sum[state];
    files.push(...results.files("ended"));
    remarks.push(...closed.remarks.map((remark) => `${title}: ${remark}`));
  }
  const named = (text) => text.replaceAll(`${root}/`, "");
  console.log("\nThe slowest test files:");
  for (const { name, ms } of files.sort((a, b) => b.ms - a.ms).slice(0, slowest))
    console.log(`${(ms / 1000).toFixed(1).padStart(7)} s  ${relative(root, name)}`);
  if (remarks.length > 0) console.log(`\n${remarks.map(named).join("\n")}`);
  if (interruption()) console.log(`\nEnded by ${interruption()}: the sum is of what had run until then.`);
  console.log(`\n${total.passed} passed, ${total.failed} failed, ${total.skipped} skipped`);
  return interruption() ? exitCodeOf(interruption()) : Number(total.failed > 0);
}

async function runSuite(command, results, { root, env, written, hangsAfter }) {
  const readLines = linesOf(written);
  const suite = start(command, { cwd: root, env: { ...env, STREAMLL_TEST_RESULTS: written } });
  const watchdog = new Watchdog(results, { limit: hangsAfter, endSuite: () => suite.signal("SIGKILL") });
  const read = () => {
    for (const line of readLines()) watchdog.moved(results.add(line));
  };
  const timer = setInterval(() => {
    read();
    watchdog.turn();
  }, 1000);
  const code = await suite.ended;
  clearInterval(timer);
  // What a test that was ended had started.
  suite.signal("SIGKILL");
  read();
  return code;
}

/** Gives the lines that were appended to a file since the last call. */
function linesOf(file) {
  const input = openSync(file, "a+");
  process.on("exit", () => closeSync(input));
  const chunk = Buffer.alloc(64 * 1024);
  let position = 0;
  let rest = Buffer.alloc(0);
  return function* () {
    for (let length = -1; length !== 0; position += length) {
      length = readSync(input, chunk, 0, chunk.length, position);
      rest = Buffer.concat([rest, chunk.subarray(0, length)]);
      for (let end = rest.indexOf("\n"); end >= 0; end = rest.indexOf("\n")) {
        yield rest.subarray(0, end).toString();
        rest = rest.subarray(end + 1);
      }
    }
  };
}
