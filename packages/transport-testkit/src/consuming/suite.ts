import { describe, it } from "vitest";
import { BrokenRuleError, NotCovered } from "../rules.js";
import { type CheckResult, failureOf } from "../run.js";
import { ConsumingBench } from "./bench.js";
import { type ConsumingCheck, consumingChecks } from "./checks.js";
import { logChecks } from "./log-checks.js";
import type { ConsumerUnderTest } from "./options.js";

export type { ConsumerUnderTest, QueueUnderTest } from "./options.js";

/**
 * The consuming half of the conformance suite, as tests of vitest: call it at the top level of a test file.
 *
 * @example
 * testConsuming({
 *   name: "mine",
 *   create: (options) => myTransport.create(options),
 *   endpoint: "mine://localhost",
 *   queue: makeQueue,
 *   disconnect: () => proxy.faults.disconnect(),
 * });
 */
export function testConsuming(subject: ConsumerUnderTest): void {
  // A check waits a few times, each bounded by `timeoutMs`: its own message must come before vitest's.
  const timeout = 10 * (subject.timeoutMs ?? 5000);
  describe(`the transport ${subject.name}, consuming,`, () => {
    for (const check of allChecks) {
      it(check.name, { timeout }, async ({ skip }) => {
        const result = await runCheck(check, subject);
        if (result.status === "failed") throw result.error;
        if (result.status === "not covered") skip(`not covered: ${result.reason}`);
      });
    }
  });
}

/**
 * Runs the consuming half without a test runner, one check after another. Never rejects: what went wrong stands in the
 * results.
 */
export async function checkConsuming(subject: ConsumerUnderTest): Promise<CheckResult[]> {
  const results: CheckResult[] = [];
  for (const check of allChecks) results.push(await runCheck(check, subject));
  return results;
}

const allChecks = [...consumingChecks, ...logChecks];

async function runWhereMeant({ of, run }: ConsumingCheck, bench: ConsumingBench): Promise<void> {
  const consuming = of === undefined ? undefined : await bench.consuming();
  if (consuming !== undefined && of !== (consuming.log === true ? "logs" : "queues"))
    throw new NotCovered(`it is of ${of}, and this is none`);
  await run(bench);
}

async function runCheck(check: ConsumingCheck, subject: ConsumerUnderTest): Promise<CheckResult> {
  const { name } = check;
  const bench = new ConsumingBench(subject);
  const failed = await failureOf(() => runWhereMeant(check, bench));
  const unconcluded = await failureOf(() => bench.conclude());
  if (failed instanceof NotCovered) return { name, status: "not covered", reason: failed.message };
  // What the transport did wrong on the way explains why a check did not reach its end.
  const error = bench.broken[0] ?? failed ?? unconcluded;
  if (error === undefined) return { name, status: "passed" };
  if (error instanceof BrokenRuleError) return { name, status: "failed", rule: error.rule, error };
  return { name, status: "failed", error };
}
