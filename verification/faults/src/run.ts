import type { Exit } from "@streamll/harness";
import type { Account } from "./account.js";
import type { Moment } from "./host-program.js";
import type { Verdict } from "./messages.js";

/** All that was seen of one row on one broker. */
export interface Run {
  readonly timeline: readonly Moment[];
  /** Absent where the program ended without a word. */
  readonly verdict: Verdict | undefined;
  readonly exit: Exit;
  readonly account: Account;
  /** What the connections that were lost may have had in flight. */
  readonly inFlightAtMost: number;
  readonly faultAt: number;
  /** From the end of the fault on; `undefined`: it did not recover. */
  readonly recoveredMs: number | undefined;
  readonly noticedMs: number | undefined;
  /** What went wrong with the bench itself, or took too long. */
  readonly trouble: readonly string[];
}
