import type { Accounts } from "./accounts.js";
import type { Faults } from "./faults.js";
import type { Store } from "./store.js";

/** A request over HTTP, in the order of arrival. */
export interface Request {
  readonly method: string;
  readonly path: string;
  readonly bytes: number;
}

/** What both faces of the service act on. */
export interface Service {
  readonly store: Store;
  readonly faults: Faults;
  /** Absent: anybody may do anything, as with Google's emulator. */
  readonly accounts: Accounts | undefined;
  /** Methods that nobody has the right to. */
  readonly denied: Set<string>;
  readonly requests: Request[];
  /** How long a pull waits for the first message, in milliseconds. */
  readonly pullWaitMs: number;
}
