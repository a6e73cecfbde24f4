import { join } from "node:path";

// Seconds without the end of a test or hook after which a file hangs: each well above the longest timeout in there.
const minute = 60;

/**
 * `npm test`.
 * @param fetched A promise for the brokers, which are fetched while the unit tests run: on a bare machine that takes as
 * long as a third of the unit tests.
 */
export const suites = (root, fetched) => [
  { title: "unit tests", command: vitest(root, "unit", "realm", "tooling"), hangsAfter: 5 * minute },
  {
    title: "tests on real brokers",
    command: vitest(root, "broker"),
    hangsAfter: 12 * minute,
    ready: fetched,
  },
];

/** `npm run test:slow`. */
export const slowSuites = (root, fetched) => [
  { title: "slow tests", command: vitest(root, "slow"), hangsAfter: 15 * minute, ready: fetched },
  {
    title: "code in the docs",
    command: ["tsx", "tooling/checks/src/docs-blocks.ts"],
    hangsAfter: 5 * minute,
    ready: fetched,
  },
];

const vitest = (root, ...projects) => [
  ...["vitest", "run", ...projects.map((project) => `--project=${project}`)],
  ...["--reporter=default", `--reporter=${join(root, "tooling/test-run/reporter.mjs")}`],
];
