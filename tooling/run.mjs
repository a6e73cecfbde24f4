// `npm run demo`, `npm test`, `npm run test:slow`, `npm run bench`, `npm run faults`, `npm run chaos`,
// `npm run endurance`, `npm run scale`, `npm run verify:azure` and `npm run verify:pubsub` of a fresh clone: each does its own set-up. No package
// is installed when this starts, so it imports nothing but Node's own modules.
import { readFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { fileURLToPath } from "node:url";
import { exitCodeOf, interruption, passSignalsOn, start } from "./test-run/processes.mjs";
import { runSuites } from "./test-run/run-suites.mjs";
import { slowSuites, suites } from "./test-run/suites.mjs";

const root = fileURLToPath(new URL("..", import.meta.url)).replace(/\/$/, "");
const manifest = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
const pnpm = ["npx", "--yes", manifest.packageManager];
const env = {
  ...process.env,
  PATH: [join(root, "node_modules/.bin"), process.env.PATH].join(delimiter),
  TURBO_TELEMETRY_DISABLED: "1",
  // `npm test --silent` would silence pnpm's errors too.
  npm_config_loglevel: "error",
};

const commands = {
  demo: fromSource("apps/demo/src/main.ts"),
  test: tests("npm test", suites),
  "test:slow": tests("npm run test:slow", slowSuites),
  bench: fromSource("apps/bench/src/main.ts"),
  faults: fromSource("verification/faults/src/main.ts"),
  chaos: fromSource("verification/endurance/src/chaos.ts"),
  endurance: fromSource("verification/endurance/src/main.ts"),
  scale: fromSource("verification/scale/src/main.ts"),
  "verify:azure": fromSource("verification/verify-azure/src/main.ts"),
  "verify:pubsub": fromSource("verification/verify-pubsub/src/main.ts"),
};
const [name, ...args] = process.argv.slice(2);

passSignalsOn();
requireNode();
const command = commands[name];
if (!command) fail(`usage: node tooling/run.mjs ${Object.keys(commands).join("|")} [arguments]`, 2);
process.exitCode = await command(args);

// They run from source: nothing is built first.
function fromSource(script) {
  return async (args) => {
    await install();
    return run(["tsx", script, ...args]);
  };
}

function tests(title, suites) {
  return async (args) => {
    if (args.length > 0) fail(`${title} runs all of its tests; for a part of them see CONTRIBUTING.md`, 2);
    await install();
    // Of no suite, so that no suite has to hurry. Where it fails, those that need a broker say so.
    const { ended: fetched } = start(["tsx", "tooling/brokers/src/cli.ts", "--fetch"], { cwd: root, env });
    return runSuites(suites(root, fetched), { root, env });
  };
}

/** One line with its time; its output only when it fails. */
async function install() {
  const began = performance.now();
  let output = "";
  const command = [...pnpm, "install", "--frozen-lockfile", "--config.confirm-modules-purge=false"];
  const code = await run(command, (text) => (output += text));
  if (code !== 0)
    fail(
      `install failed:\n${output}\nThe packages could not be installed. \`${manifest.packageManager}\` and the packages ` +
        "of pnpm-lock.yaml come from your npm registry: is it reachable (`npm ping`), and does pnpm-lock.yaml agree " +
        "with each package.json?",
      code,
    );
  console.error(`install: ${((performance.now() - began) / 1000).toFixed(1)} s`);
}

async function run(command, onOutput) {
  const code = await start(command, { cwd: root, env, onOutput }).ended;
  if (interruption()) process.exit(exitCodeOf(interruption()));
  return code;
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
