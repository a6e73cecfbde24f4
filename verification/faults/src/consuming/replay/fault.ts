import type { FaultOfReading } from "../fault.js";
import type { ReplayBench } from "./bench.js";

/** A fault that a replay of dead letters meets. What is left out has the default in its comment. */
export interface ReplayFault extends FaultOfReading {
  /** Of the queue of dead letters. Default `classic`. */
  readonly queueType?: "classic" | "quorum";
  /** From the first letter to the report of the last run. */
  replay(bench: ReplayBench): Promise<void>;
  /** Letters that are in the queue of dead letters at the end. Default 0. */
  readonly dead?: number;
  /** Letters may be overtaken. */
  readonly mayOvertake?: true;
}
