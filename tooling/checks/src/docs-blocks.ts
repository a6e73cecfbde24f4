// Compiles every TypeScript block of the documentation and runs those that can run. `--report FILE` writes the counts
// in the shape of vitest's JSON report, for `npm test` to add up; `--root DIR` checks another tree.
import { writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { checkBlocks } from "./docs/check.js";
import { repository } from "./workspace.js";

const { values } = parseArgs({ options: { report: { type: "string" }, root: { type: "string" } } });

const { blocks, compiled, run, passed, kept, failures } = await checkBlocks(values.root ?? repository);
for (const failure of failures) console.error(`${failure}\n`);
for (const { page, line, notRun } of kept) console.log(`not run: ${page}:${line}: ${notRun}`);
console.log(
  `docs: ${blocks} blocks, ${compiled} compiled, ${run} run, ${kept.length} not run, ${failures.length} failed`,
);
if (values.report) {
  const report = { numPassedTests: passed, numFailedTests: failures.length, numPendingTests: 0 };
  writeFileSync(values.report, JSON.stringify(report));
}
process.exitCode = failures.length === 0 ? 0 : 1;
