// Compiles every TypeScript block of the documentation and runs those that can run. `--report FILE` writes the counts
// in the shape of vitest's JSON report, for `npm test` to add up; `--root DIR` checks another tree.
import { writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { compile } from "./docs/compile.js";
import { readPages } from "./docs/pages.js";
import { onBroker, runBlock } from "./docs/run.js";
import { testBroker } from "./docs/test-broker.js";
import { Workshop } from "./docs/workshop.js";
import { repository } from "./workspace.js";

const { values } = parseArgs({ options: { report: { type: "string" }, root: { type: "string" } } });
const root = values.root ?? repository;

const { blocks, problems } = readPages(root);
const failures = blocks.length === 0 ? ["no block was found"] : [...problems];
const ran = { compiled: 0, run: 0 };

{
  using workshop = new Workshop(root);
  const files = new Map(blocks.map((block) => [workshop.write(block), block]));
  const errors = compile(root, [...files.keys()]);
  ran.compiled = files.size - errors.size;
  for (const lines of errors.values()) failures.push(workshop.inPages(lines.join("\n")));

  const runnable = [...files].filter(([file, { notRun }]) => notRun === undefined && !errors.has(file));
  await using broker = await testBroker(runnable.map(([, { source }]) => source));
  const queue = runnable.values();
  const next = async () => {
    for (const [file, block] of queue) {
      workshop.write(block, onBroker(block.source, broker.url));
      const failure = await runBlock(file, { root, brokerUrl: broker.url });
      if (failure === undefined) ran.run++;
      else failures.push(workshop.inPages(`${block.page}:${block.line}: ${failure}`));
    }
  };
  await Promise.all([next(), next()]);
}

const kept = blocks.filter(({ notRun }) => notRun !== undefined);
for (const failure of failures) console.error(`${failure}\n`);
for (const { page, line, notRun } of kept) console.log(`not run: ${page}:${line}: ${notRun}`);
console.log(
  `docs: ${blocks.length} blocks, ${ran.compiled} compiled, ${ran.run} run, ${kept.length} not run, ${failures.length} failed`,
);
if (values.report) {
  const report = {
    numPassedTests: ran.compiled + ran.run,
    numFailedTests: failures.length,
    numPendingTests: 0,
  };
  writeFileSync(values.report, JSON.stringify(report));
}
process.exitCode = failures.length === 0 ? 0 : 1;
