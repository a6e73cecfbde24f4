import { isError } from "@streamll/core/internal";
import { settleAccounts } from "./accounts.js";
import { Bench } from "./bench.js";
import type { Check } from "./check.js";
import { connecting } from "./checks/connecting.js";
import { ending } from "./checks/ending.js";
import { heartbeats } from "./checks/heartbeats.js";
import { powers } from "./checks/powers.js";
import { refusing } from "./checks/refusing.js";
import { resources } from "./checks/resources.js";
import { storing } from "./checks/storing.js";
import type { TransportUnderTest } from "./options.js";
import { BrokenRuleError, NotCovered, type RuleName } from "./rules.js";
import { elapse } from "./waiting.js";

export const checks: readonly Check[] = [
  ...connecting,
  ...storing,
  ...powers,
  ...refusing,
  ...ending,
  ...heartbeats,
  ...resources,
];

/** How one check went. */
export type CheckResult =
  | { readonly name: string; readonly status: "passed" }
  /** `rule` is absent where the check itself could not be made, by a fault function that threw for one. */
  | { readonly name: string; readonly status: "failed"; readonly rule?: RuleName; readonly error: Error }
  | { readonly name: string; readonly status: "not covered"; readonly reason: string };

/**
 * Runs the suite without a test runner, one check after another. Never rejects: what went wrong stands in the
 * results.
 *
 * @example
 * const results = await checkTransport(ndjson);
 * for (const result of results) if (result.status === "failed") console.error(result.error.message);
 */
export async function checkTransport(subject: TransportUnderTest): Promise<CheckResult[]> {
  const results: CheckResult[] = [];
  for (const check of checks) results.push(await runCheck(check, subject));
  return results;
}

export async function runCheck(check: Check, subject: TransportUnderTest): Promise<CheckResult> {
  const { name } = check;
  const bench = new Bench(subject);
  const failed = await failureOf(() => check.run(bench));
  const unhealed = await failureOf(() => bench.heal());
  const unbalanced = await failureOf(() => conclude(bench));
  if (failed instanceof NotCovered) return { name, status: "not covered", reason: failed.message };
  // What the transport did wrong on the way, and what it told untruly, explain why a check did not reach its end.
  const error = bench.broken[0] ?? unbalanced ?? failed ?? unhealed;
  if (error === undefined) return { name, status: "passed" };
  if (error instanceof BrokenRuleError) return { name, status: "failed", rule: error.rule, error };
  return { name, status: "failed", error };
}

export async function failureOf(step: () => Promise<void>): Promise<Error | undefined> {
  try {
    await step();
    return undefined;
  } catch (error) {
    return isError(error) ? error : new Error(String(error));
  }
}

/** Ends what is still open, in good order, and sees whether anything comes after the end. */
async function conclude(bench: Bench): Promise<void> {
  const open = bench.probes.filter((probe) => probe.end === undefined);
  const unclosed = await Promise.all(open.map((probe) => failureOf(() => probe.close())));
  if (bench.probes.length > 0) await elapse(bench.quietMs);
  if (bench.broken.length === 0) await settleAccounts(bench);
  for (const error of unclosed) if (error !== undefined) throw error;
}
