import { compile } from "./compile.js";
import type { Block } from "./fences.js";
import { readPages } from "./pages.js";
import { onBroker, runBlock } from "./run.js";
import { testBroker } from "./test-broker.js";
import { Workshop } from "./workshop.js";

export interface Verdict {
  readonly blocks: number;
  readonly compiled: number;
  readonly run: number;
  /** Those that passed all that was asked of them: compiled and, unless kept, run. */
  readonly passed: number;
  /** Those whose fence says why they are not run. */
  readonly kept: readonly Block[];
  /** Each with its place in the page. */
  readonly failures: readonly string[];
}

/**
 * Compiles every TypeScript block of the documentation and runs those that can run.
 * @param onBlock Told of each block once its verdict is known.
 */
export async function checkBlocks(
  root: string,
  onBlock: (verdict: "passed" | "failed") => void = () => {},
): Promise<Verdict> {
  const { blocks, problems } = readPages(root);
  const failures = blocks.length === 0 ? ["no block was found"] : [...problems];
  using workshop = new Workshop(root);
  const files = new Map(blocks.map((block) => [workshop.write(block), block]));
  const errors = compile(root, [...files.keys()]);
  for (const lines of errors.values()) failures.push(workshop.inPages(lines.join("\n")));

  const compiled = [...files].filter(([file]) => !errors.has(file));
  const runnable = compiled.filter(([, { notRun }]) => notRun === undefined);
  for (let bad = failures.length; bad > 0; bad--) onBlock("failed");
  for (let kept = compiled.length - runnable.length; kept > 0; kept--) onBlock("passed");
  await using broker = await testBroker(runnable.map(([, { source }]) => source));
  let run = 0;
  const queue = runnable.values();
  const next = async () => {
    for (const [file, block] of queue) {
      workshop.write(block, onBroker(block.source, broker.url));
      const failure = await runBlock(file, { root, brokerUrl: broker.url });
      if (failure === undefined) run++;
      else failures.push(workshop.inPages(`${block.page}:${block.line}: ${failure}`));
      onBlock(failure === undefined ? "passed" : "failed");
    }
  };
  await Promise.all([next(), next()]);
  return {
    blocks: blocks.length,
    compiled: compiled.length,
    run,
    passed: compiled.length - runnable.length + run,
    kept: blocks.filter(({ notRun }) => notRun !== undefined),
    failures,
  };
}
