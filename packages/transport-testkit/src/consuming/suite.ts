import { describe, it } from "vitest";
import { BrokenRuleError, NotCovered } from "../rules.js";
import { type CheckResult, failureOf } from "../run.js";
import { ConsumingBench } from "./bench.js";
import { type ConsumingCheck, consumingChecks } from "./checks.js";
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
    for (const check of consumingChecks) {
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
  for (const check of consumingChecks) results.push(await runCheck(check, subject));
  return results;
}

async function runCheck({ name, run }: ConsumingCheck, subject: ConsumerUnderTest): Promise<CheckResult> {
  const bench = new ConsumingBench(subject);
  const failed = await failureOf(() => run(bench));
  const unconcluded = await failureOf(() => bench.conclude());
  if (failed instanceof NotCovered) return { name, status: "not covered", reason: failed.message };
  // What the transport did wrong on the way explains why a check did not reach its end.
  const error = bench.broken[0] ?? failed ?? unconcluded;
  if (error === undefined) return { name, status: "passed" };
  if (error instanceof BrokenRuleError) return { name, status: "failed", rule: error.rule, error };
  return { name, status: "failed", error };
}
