// `npm run demo`, `npm test`, `npm run bench`, `npm run faults`, `npm run chaos`, `npm run endurance` and
// `npm run verify:azure` of a fresh clone: each does its own set-up. No package is installed when this starts, so it
// imports nothing but Node's own modules.
import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { constants, tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { fileURLToPath } from "node:url";
import { closingLine, tally } from "./tally.mjs";

const root = fileURLToPath(new URL("..", import.meta.url));
const manifest = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
const pnpm = ["npx", "--yes", manifest.packageManager];
const env = {
  ...process.env,
  PATH: [join(root, "node_modules/.bin"), process.env.PATH].join(delimiter),
  TURBO_TELEMETRY_DISABLED: "1",
  // `npm test --silent` would silence pnpm's errors too.
  npm_config_loglevel: "error",
};
// A suite that hangs has to end in a report too.
const suiteTimeout = 15 * 60_000;

const commands = {
  demo: fromSource("apps/demo/src/main.ts"),
  test,
  bench: fromSource("apps/bench/src/main.ts"),
  faults: fromSource("tooling/faults/src/main.ts"),
  chaos: fromSource("tooling/faults/src/endurance/chaos.ts"),
  endurance: fromSource("tooling/faults/src/endurance/main.ts"),
  "verify:azure": fromSource("tooling/verify-azure/src/main.ts"),
};
const [name, ...args] = process.argv.slice(2);
let child;
let interrupted;

for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => interrupt(signal));
requireNode();
const command = commands[name];
if (!command) fail(`usage: node tooling/run.mjs ${Object.keys(commands).join("|")} [arguments]`);
process.exitCode = await command(args);

// They run from source: nothing is built first.
function fromSource(script) {
  return async (args) => {
    await install();
    return run(["tsx", script, ...args]);
  };
}

async function test(args) {
  if (args.length > 0) fail("npm test runs everything; for a part of it see CONTRIBUTING.md");
  await install();
  const reports = mkdtempSync(join(tmpdir(), "streamll-test-"));
  process.on("exit", () => rmSync(reports, { recursive: true, force: true }));
  const vitest = (projects, report) => [
    "vitest",
    "run",
    ...projects.map((project) => `--project=${project}`),
    "--reporter=default",
    "--reporter=json",
    `--outputFile.json=${report}`,
  ];
  const suites = {
    "unit tests": (report) => vitest(["unit", "tooling"], report),
    "tests on real brokers": (report) => vitest(["broker"], report),
    "code in the docs": (report) => ["tsx", "tooling/checks/src/docs-blocks.ts", "--report", report],
  };
  const results = [];
  for (const [title, commandFor] of Object.entries(suites)) {
    console.log(`\n> ${title}`);
    const file = join(reports, `${results.length}.json`);
    const code = await run(commandFor(file), { timeout: suiteTimeout });
    const report = readReport(file);
    if (!report) console.log(`${title}: ended with code ${code} and without a report`);
    results.push({ code: report ? code : code || 1, report });
  }
  const sum = tally(results);
  console.log(`\n${closingLine(sum)}`);
  return sum.failed === 0 ? 0 : 1;
}

function install() {
  return step(
    "install",
    [...pnpm, "install", "--frozen-lockfile", "--config.confirm-modules-purge=false"],
    () =>
      `\nThe packages could not be installed. \`${manifest.packageManager}\` and the packages of pnpm-lock.yaml come from ` +
      "your npm registry: is it reachable (`npm ping`), and does pnpm-lock.yaml agree with each package.json?",
  );
}

/** A set-up step: one line with its time; its output only when it fails. */
async function step(title, command, advice = () => "") {
  const start = performance.now();
  let output = "";
  const code = await run(command, { onOutput: (text) => (output += text) });
  if (code !== 0) fail(`${title} failed:\n${output}${advice()}`, code);
  console.error(`${title}: ${((performance.now() - start) / 1000).toFixed(1)} s`);
}

/** Runs a command to its end in a process group of its own, so that a signal reaches all of it, once. */
function run([file, ...args], { onOutput, timeout } = {}) {
  return new Promise((resolve) => {
    child = spawn(file, args, {
      cwd: root,
      env,
      detached: true,
      stdio: onOutput ? ["ignore", "pipe", "pipe"] : "inherit",
    });
    child.stdout?.on("data", onOutput);
    child.stderr?.on("data", onOutput);
    const timer =
      timeout &&
      setTimeout(() => {
        console.error(`${file}: not finished after ${timeout / 60_000} minutes, stopped`);
        signalGroup("SIGKILL");
      }, timeout);
    const end = (code) => {
      clearTimeout(timer);
      child = undefined;
      if (interrupted) process.exit(exitCodeOf(interrupted));
      resolve(code);
    };
    child.on("error", (error) => {
      console.error(`${file}: ${error.message}`);
      end(127);
    });
    child.on("close", (code, signal) => end(code ?? exitCodeOf(signal)));
  });
}

function interrupt(signal) {
  if (!child) process.exit(exitCodeOf(signal));
  signalGroup(interrupted ? "SIGKILL" : signal);
  interrupted = signal;
}

function signalGroup(signal) {
  try {
    process.kill(-child.pid, signal);
  } catch {} // it has just ended
}

function exitCodeOf(signal) {
  return 128 + constants.signals[signal];
}

function readReport(file) {
  try {
    return JSON.parse(readFileSync(file, "utf8"));
  } catch {
    return undefined;
  }
}

function requireNode() {
  const [major, minor] = process.versions.node.split(".").map(Number);
  if (major > 20 || (major === 20 && minor >= 19)) return;
  fail(`streamll needs Node ${manifest.engines.node}; this is ${process.versions.node}`);
}

function fail(message, code = 1) {
  console.error(message);
  process.exit(code);
}
