import type { Bench } from "./bench.js";

/** One thing that a transport must do. Whatever it is about, the accounts are settled after it. */
export interface Check {
  /** Reads on after the transport's name. */
  readonly name: string;
  run(bench: Bench): Promise<void>;
}
