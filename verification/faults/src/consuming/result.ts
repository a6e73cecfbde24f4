import type { Exit } from "@streamll/harness";
import { executionOf } from "./messages.js";
import type { ConsumingProtocol } from "./seat.js";

/** What came out of a fault. */
export interface Outcome {
  readonly events: number;
  readonly lost: number;
  /** Handled again, beyond the first time. */
  readonly twice: number;
  readonly dead: number;
  /** Handled for the first time behind a later event of their execution. */
  readonly outOfOrder: number;
  /** From the end of the fault until something came again; `undefined` where the fault has no end. */
  readonly recoveredMs: number | undefined;
  readonly words: readonly string[];
  /** What is not as expected, each in words. */
  readonly deviations: readonly string[];
}

/** A fault over one protocol at one place, and what came out of it. */
export interface ConsumingResult extends Outcome {
  readonly number: number;
  readonly title: string;
  readonly over: ConsumingProtocol;
  /** Of the broker. */
  readonly version: string;
}

/** @param expected events of which each is to be found. */
export function accountOf(handled: readonly number[], expected: number) {
  const seen = new Set<number>();
  const last = new Map<string, number>();
  let outOfOrder = 0;
  for (const index of handled) {
    if (seen.has(index)) continue;
    seen.add(index);
    const execution = executionOf(index);
    if (index < (last.get(execution) ?? -1)) outOfOrder++;
    else last.set(execution, index);
  }
  return { lost: expected - seen.size, twice: handled.length - seen.size, outOfOrder };
}

/** What is not as expected of how programs ended, of which some may have been killed. */
export function* deviationsOfExits(exits: readonly Exit[]): Generator<string> {
  for (const { byItself, code, signal, stderr } of exits) {
    if (!byItself) yield "something was left that kept the process alive";
    else if (code !== 0 && signal !== "SIGKILL") yield `a program ended with ${signal ?? code}`;
    if (stderr !== "") yield `a program's standard error: ${stderr.trim()}`;
  }
}
