import type { Configuration } from "./configuration.js";

/** How a call ended. */
export type CallEnding = "end" | "error" | "cancelled";

/** Why a call ended as cancelled, where that was not its reader's doing. */
export type CancelReason = "abandoned" | "idle" | "parent" | "stop" | "limit";

/** A call that is recorded, as other calls and the program around it see it: maybe that of another copy of this package. */
export interface CallAround {
  readonly executionId: string;
  /** The `event_id` of its `start`: the `parent_id` of all other events of the call, and of calls in it. */
  readonly startId: string;
  readonly moduleName: string;
  readonly methodName: string;
  readonly operation: string;
  /** The call around it, where that is of this process. */
  readonly parent: CallAround | undefined;
  readonly isOpen: boolean;
  readonly tags: Readonly<Record<string, string>>;
  readonly configuration: Configuration;
  /** What is read from its result, which ends it then. */
  readonly reading: CallReading | undefined;
  fail(error: unknown): void;
  /** Ends it as one that was broken off, with what was read until then. */
  cancel(reason: CancelReason): void;
  /** Whether nothing was told of it for as long as its limit, nor is anything open below it. */
  isIdle(now: number): boolean;
  /**
   * A call below it goes on.
   *
   * @param isDependent Whether that one ends with this one.
   */
  openedBelow(call: CallAround, isDependent: boolean): void;
  /** A call below it that went on has ended. */
  endedBelow(call: CallAround): void;
}

/** What is read from a call's result, which ends the call when it is over. */
export interface CallReading {
  read(chunk: unknown): void;
  /** Tells what waits for more to be told with it. */
  flush(): void;
  end(cancelled?: "cancelled"): void;
  /** @param outputs Default: all that was read. */
  finish(outputs: unknown, more?: Readonly<Record<string, unknown>>, at?: number): void;
  /** What comes now cannot be seen. */
  lose(): void;
  fail(error: unknown, more?: Readonly<Record<string, unknown>>, at?: number): void;
}
