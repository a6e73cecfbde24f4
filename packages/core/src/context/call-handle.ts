import { nameOfError } from "../callback.js";
import { timestampOf } from "../event/timestamp.js";
import type { Call } from "./call.js";
import type { CallEnding } from "./call-around.js";
import { aside, context } from "./context.js";
import { Reading } from "./reading.js";

/** What is said beside the outputs of a call that ends. */
export interface EndOptions {
  /** When it was over: a `Date` or epoch milliseconds. Default: now. */
  readonly at?: Date | number | undefined;
  /** What it was given, where that is known only now: shown as `capture.inputs` says. */
  readonly inputs?: readonly unknown[] | undefined;
  /** More fields for the `data` of the event. */
  readonly data?: Readonly<Record<string, unknown>> | undefined;
}

/** A call that goes on, for those who know more of it than what it gives. No method throws, nor does anything after its end. */
export interface CallHandle {
  /** The `event_id` of its `start`: the `parentId` for calls of other processes that belong below it. */
  readonly id: string;
  readonly executionId: string;
  /** Whether it has no end yet. Where nothing is recorded it is `false`. */
  readonly isOpen: boolean;
  /** Runs a function in the call: what is recorded in it, now and later, is below the call. */
  run<R>(fn: () => R): R;
  /** Tells the next piece of what the call gives, as that of a stream. */
  token(value: unknown): void;
  /**
   * Tells model, usage, finish reason and calls of tools: as a provider's answer or chunk has them, or as
   * `{ model, usage: { input_tokens, output_tokens }, finish_reason, tool_calls }`. What is said last counts.
   */
  learn(answer: unknown): void;
  /** Ends it. `outputs` is by default all that `token` told. */
  end(outputs?: unknown, options?: EndOptions): void;
  /** Ends it by an error. */
  fail(error: unknown, options?: EndOptions): void;
  /** Ends it as one that was broken off, with what `token` told until then. */
  cancel(options?: EndOptions): void;
  /** Calls back once it has its end, whoever told it: at once where it has, never where nothing is recorded. */
  onEnd(listener: (how: CallEnding) => void): void;
}

/** For a program that is not recorded. */
export const inertHandle: CallHandle = Object.freeze({
  id: "",
  executionId: "",
  isOpen: false,
  run: <R>(fn: () => R): R => fn(),
  token() {},
  learn() {},
  end() {},
  fail() {},
  cancel() {},
  onEnd() {},
});

/** Of a call that is recorded. */
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

  learn(answer: unknown): void {
    this.#call.learn(answer);
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
    call.whenOver((how) => aside(call.configuration, () => listener(how)));
  }

  #within(
    options: EndOptions | undefined,
    end: (data: Record<string, unknown> | undefined, at: number | undefined) => void,
  ): void {
    try {
      const inputs = options?.inputs && this.#call.shownInputs(options.inputs);
      end(inputs ? { ...inputs, ...options.data } : options?.data, epochMs(options?.at));
    } catch (error) {
      this.#call.configuration.complain("a call's end", `a call could not be ended: ${nameOfError(error)}`);
    }
  }
}

/** `undefined` for what no event can have. */
export function epochMs(at: Date | number | undefined): number | undefined {
  if (at === undefined || timestampOf(at) === undefined) return undefined;
  return typeof at === "number" ? at : at.getTime();
}

/** The handle of a call that was made, and of one that was not. */
export function handleOf(call: Call | undefined): CallHandle {
  return call === undefined
    ? inertHandle
    : (aside(call.configuration, () => new RecordedCall(call)) ?? inertHandle);
}
