import type { Configuration } from "./configuration.js";

/** How a call ended. */
export type CallEnding = "end" | "error" | "cancelled";

/** Why a call was cancelled, unless its reader cancelled it. */
export type CancelReason = "abandoned" | "idle" | "parent" | "stop" | "limit";

/** A recorded call as other calls see it. It may belong to another loaded copy of this package. */
export interface CallAround {
  readonly executionId: string;
  /** The `event_id` of its `start`, which is the `parent_id` of the call's other events and of the calls inside it. */
  readonly startId: string;
  readonly moduleName: string;
  readonly methodName: string;
  readonly operation: string;
  /** The enclosing call, if it runs in this process. */
  readonly parent: CallAround | undefined;
  readonly isOpen: boolean;
  readonly tags: Readonly<Record<string, string>>;
  readonly configuration: Configuration;
  /** Records what the program reads from the result, and ends the call when the reading is over. */
  readonly reading: CallReading | undefined;
  fail(error: unknown): void;
  /** Ends the call as cancelled, with what was read so far as its outputs. */
  cancel(reason: CancelReason): void;
  /** Whether its idle limit has passed without an event and no call below it is open. */
  isIdle(now: number): boolean;
  /**
   * Counts an open call below this one.
   *
   * @param isDependent Whether the lower call ends when this one does.
   */
  childOpened(call: CallAround, isDependent: boolean): void;
  /** A call that `childOpened` counted has ended. */
  childEnded(call: CallAround): void;
}

/** Records what the program reads from a call's result, and ends the call when the reading is over. */
export interface CallReading {
  read(chunk: unknown): void;
  /** Emits the tokens that wait to be coalesced with later ones. */
  flush(): void;
  end(cancelled?: "cancelled"): void;
  /** @param outputs Default: everything that was read. */
  finish(outputs: unknown, more?: Readonly<Record<string, unknown>>, at?: number): void;
  /** Ends the call early: what the program reads from now on cannot be observed. */
  abandon(): void;
  fail(error: unknown, more?: Readonly<Record<string, unknown>>, at?: number): void;
}
