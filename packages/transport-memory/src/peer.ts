import type { Condition } from "./faults.js";
import type { Router } from "./router.js";

/** The broker as its connections see it. */
export interface Peer {
  readonly router: Router;
  readonly condition: Condition;
  /** Shown in errors. */
  readonly label: string;
}
