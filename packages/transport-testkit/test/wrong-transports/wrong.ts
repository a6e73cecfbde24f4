import type { Transport, TransportConnection } from "@streamll/core";
import type { CheckResult, RuleName, TransportUnderTest } from "@streamll/transport-testkit";
import { describe, expect, it, vi } from "vitest";
import { checks, runCheck } from "../../src/run.js";
import { ReferenceBroker } from "../reference.js";

export type Wrong = (right: Transport, broker: ReferenceBroker) => Transport;

/** The rule that the kit is to name, and what such a transport does in another way than the right one. */
export type WrongConnections = Record<
  string,
  [RuleName, (right: TransportConnection, broker: ReferenceBroker) => Partial<TransportConnection>]
>;
export type WrongTransports = Record<string, [RuleName, (right: Transport) => Partial<Transport>]>;

// They spend their time waiting for what a wrong transport does not do.
vi.setConfig({ maxConcurrency: 12 });

export function isCaught(what: string, wrong: Readonly<Record<string, [RuleName, Wrong]>>): void {
  describe.concurrent(`a transport is caught, and the rule named, when ${what}`, { timeout: 60_000 }, () => {
    for (const [name, [rule, change]] of Object.entries(wrong)) {
      it(name, async () => {
        expect(await brokenUntil(rule, subjectOf(change))).toContain(rule);
      });
    }
  });
}

export const onConnections = (wrong: WrongConnections): Record<string, [RuleName, Wrong]> =>
  mapped(wrong, (change) => (right, broker) => ({
    ...right,
    connect: async (...args) => {
      const connection = await right.connect(...args);
      return { ...connection, ...change(connection, broker) };
    },
  }));

export const onTransports = (wrong: WrongTransports): Record<string, [RuleName, Wrong]> =>
  mapped(wrong, (change) => (right) => ({ ...right, ...change(right) }));

function mapped<C>(
  wrong: Readonly<Record<string, [RuleName, C]>>,
  made: (change: C) => Wrong,
): Record<string, [RuleName, Wrong]> {
  return Object.fromEntries(
    Object.entries(wrong).map(([name, [rule, change]]) => [name, [rule, made(change)]]),
  );
}

export function subjectOf(change: Wrong): TransportUnderTest {
  const broker = new ReferenceBroker();
  return broker.subject((options) => change(broker.transport(options), broker));
}

export type Failure = Extract<CheckResult, { status: "failed" }>;

/** @param which of the checks, by their names. Default: all. */
export async function failuresOf(subject: TransportUnderTest, which = /./): Promise<Failure[]> {
  const results: CheckResult[] = [];
  for (const check of checks) if (which.test(check.name)) results.push(await runCheck(check, subject));
  return results.filter((result) => result.status === "failed");
}

/** The rules that the checks name, one check after another, up to the one that names `rule`. */
export async function brokenUntil(
  rule: RuleName,
  subject: TransportUnderTest,
): Promise<(RuleName | undefined)[]> {
  const broken: (RuleName | undefined)[] = [];
  for (const check of checks) {
    const result = await runCheck(check, subject);
    if (result.status === "failed") broken.push(result.rule);
    if (broken.at(-1) === rule) break;
  }
  return broken;
}
