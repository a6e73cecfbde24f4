import { join } from "node:path";

/** `npm test`. */
export const suites = (root) => [
  { title: "unit tests", command: vitest(root, "unit", "tooling") },
  { title: "tests on real brokers", command: vitest(root, "broker") },
  { title: "code in the docs", command: ["tsx", "tooling/checks/src/docs-blocks.ts"] },
];

/** `npm run test:slow`. */
export const slowSuites = (root) => [{ title: "slow tests", command: vitest(root, "slow") }];

const vitest = (root, ...projects) => [
  ...["vitest", "run", ...projects.map((project) => `--project=${project}`)],
  ...["--reporter=default", `--reporter=${join(root, "tooling/test-run/reporter.mjs")}`],
];
