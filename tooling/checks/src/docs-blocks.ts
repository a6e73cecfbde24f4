// Compiles every TypeScript block of the documentation and runs those that can run. `--root DIR` checks another tree.
// Under `npm test` it writes its results as the other suites do: see tooling/test-run/results.mjs.
import { appendFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { checkBlocks } from "./docs/check.js";
import { repository } from "./workspace.js";

const { values } = parseArgs({ options: { root: { type: "string" } } });
const written = process.env.STREAMLL_TEST_RESULTS;
const write = (event: string, more: object) => {
  if (written) appendFileSync(written, `${JSON.stringify({ event, file: "code in the docs", ...more })}\n`);
};

write("started", { pid: process.pid });
const { blocks, compiled, run, passed, kept, failures } = await checkBlocks(
  values.root ?? repository,
  (state) => write("test", { state }),
);
for (const failure of failures) console.error(`${failure}\n`);
for (const { page, line, notRun } of kept) console.log(`not run: ${page}:${line}: ${notRun}`);
console.log(
  `docs: ${blocks} blocks, ${compiled} compiled, ${run} run, ${kept.length} not run, ${failures.length} failed`,
);
write("ended", { ms: performance.now(), passed, failed: failures.length, skipped: 0 });
process.exitCode = failures.length === 0 ? 0 : 1;
