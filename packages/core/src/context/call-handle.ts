import { nameOfError } from "../callback.js";
import { timestampOf } from "../event/timestamp.js";
import type { Call } from "./call.js";
import type { CallEnding } from "./call-around.js";
import { context, safely } from "./context.js";
import { Reading } from "./reading.js";

/** What the last event of a call may carry beside its outputs. */
export interface EndOptions {
  /** When the call ended: a `Date` or epoch milliseconds. Default: now. */
  readonly at?: Date | number | undefined;
  /** The arguments, if they are known only now. `capture.inputs` applies to them. */
  readonly inputs?: readonly unknown[] | undefined;
  /** Further fields for the `data` of the event. */
  readonly data?: Readonly<Record<string, unknown>> | undefined;
}

/**
 * An open call, to record by hand what its result does not show. No method throws, except that `run` throws what its
 * function throws. After the end only `run` and `onEnd` have an effect.
 */
export interface CallHandle {
  /** The `event_id` of its `start`. Pass it as `parentId` to calls in other processes that belong below this one. */
  readonly id: string;
  readonly executionId: string;
  /** `true` until the call ends; always `false` when nothing is recorded. */
  readonly isOpen: boolean;
  /** Runs a function inside the call: everything recorded in it, now or later, is placed below the call. */
  run<R>(fn: () => R): R;
  /** Records the next piece of the output, as if it were read from a stream. */
  token(value: unknown): void;
  /**
   * Records model, usage, finish reason and tool calls: pass a provider's answer or chunk, or
   * `{ model, usage: { input_tokens, output_tokens }, finish_reason, tool_calls }`. The latest value of each wins.
   */
  record(answer: unknown): void;
  /** Ends the call. `outputs` defaults to everything that `token` recorded. */
  end(outputs?: unknown, options?: EndOptions): void;
  /** Ends the call with an error. */
  fail(error: unknown, options?: EndOptions): void;
  /** Ends the call as cancelled, with what `token` recorded so far. */
  cancel(options?: EndOptions): void;
  /** Calls back when the call ends, however it does: at once if it has ended, never if nothing is recorded. */
  onEnd(listener: (how: CallEnding) => void): void;
}

/** The handle that a program gets while nothing is recorded. */
export const inertHandle: CallHandle = Object.freeze({
  id: "",
  executionId: "",
  isOpen: false,
  run: <R>(fn: () => R): R => fn(),
  token() {},
  record() {},
  end() {},
  fail() {},
  cancel() {},
  onEnd() {},
});

/** The handle of a recorded call. */
class RecordedCall implements CallHandle {
  readonly #call: Call;

  constructor(call: Call) {
    this.#call = call;
  }

  get id(): string {
    return this.#call.startId;
  }

  get executionId(): string {
    return this.#call.executionId;
  }

  get isOpen(): boolean {
    return this.#call.isOpen;
  }

  run<R>(fn: () => R): R {
    return context.calls.run(this.#call, fn);
  }

  token(value: unknown): void {
    const call = this.#call;
    if (!call.isOpen) return;
    call.reading ??= new Reading(call);
    call.reading.read(value);
  }

  record(answer: unknown): void {
    this.#call.recordAnswer(answer);
  }

  end(outputs?: unknown, options?: EndOptions): void {
    this.#within(options, (data, at) => this.#call.end(outputs, data, at));
  }

  fail(error: unknown, options?: EndOptions): void {
    this.#within(options, (data, at) => this.#call.fail(error, data, at));
  }

  cancel(options?: EndOptions): void {
    this.#within(options, (data, at) => this.#call.end(undefined, { cancelled: true, ...data }, at));
  }

  onEnd(listener: (how: CallEnding) => void): void {
    const call = this.#call;
    call.onceEnded((how) => safely(call.configuration, () => listener(how)));
  }

  #within(
    options: EndOptions | undefined,
    end: (data: Record<string, unknown> | undefined, at: number | undefined) => void,
  ): void {
    try {
      const inputs = options?.inputs && this.#call.capturedInputs(options.inputs);
      end(inputs ? { ...inputs, ...options.data } : options?.data, epochMs(options?.at));
    } catch (error) {
      this.#call.configuration.warnOnce("a call's end", `a call could not be ended: ${nameOfError(error)}`);
    }
  }
}

/** `undefined` for a time that no event can carry. */
export function epochMs(at: Date | number | undefined): number | undefined {
  if (at === undefined || timestampOf(at) === undefined) return undefined;
  return typeof at === "number" ? at : at.getTime();
}

/** The handle of a recorded call; the inert handle if there is no call. */
export function handleOf(call: Call | undefined): CallHandle {
  return call === undefined
    ? inertHandle
    : (safely(call.configuration, () => new RecordedCall(call)) ?? inertHandle);
}
