import { parseDuration } from "../units/duration.js";
import { Call } from "./call.js";
import { type CallHandle, epochMs, handleOf } from "./call-handle.js";
import { aside, recording } from "./context.js";
import { type CallOptions, callOptionNames, checkNames } from "./options.js";

export interface OpenCallOptions extends CallOptions {
  /** Default: the operation. */
  readonly methodName?: string | undefined;
  /** The `event_id` of its `start`. No two calls may have the same. Default: a new one. */
  readonly id?: string | undefined;
  /** When it began: a `Date` or epoch milliseconds. Default: now. */
  readonly startedAt?: Date | number | undefined;
  /** What its `start` shows as the arguments; with `kind: "llm"` the model is looked for there. */
  readonly inputs?: readonly unknown[] | undefined;
  /** More fields for the `data` of its `start`. */
  readonly data?: Readonly<Record<string, unknown>> | undefined;
  /**
   * After so long without a word, and with nothing open below it, it ends as cancelled: seconds, or a duration such as
   * `"1h"`. Default: `idleTimeout` of `configure`.
   */
  readonly idleTimeout?: number | string | undefined;
  /**
   * Whether it goes on when the call around it ends. Default `false`: it then ends as cancelled. `true` is for calls
   * whose end is told for certain, as that of a stream which the call around hands on.
   */
  readonly outlivesParent?: boolean | undefined;
}

const names: ReadonlySet<string> = new Set([
  ...callOptionNames,
  "methodName",
  "id",
  "startedAt",
  "inputs",
  "data",
  "idleTimeout",
  "outlivesParent",
]);

/**
 * Opens a call whose end comes from elsewhere: a framework's callback, another turn, a queue. `start` is told at once.
 * It has exactly one end: the first that is told, else it ends as cancelled with the call around it, when recording
 * stops, or after `idleTimeout`. Of more than 10,000 open calls the oldest end so.
 *
 * Nothing is recorded before `configure`; the handle then does nothing but run what it is given to run.
 *
 * @param operation What it does, as `{operation}` of routing keys has it.
 * @throws ConfigurationError for an option that there is not.
 * @example
 * const call = openCall("generate", { kind: "llm", inputs: [request] });
 * provider.on("token", (text) => call.token(text));
 * provider.on("done", (response) => call.end(response));
 * provider.on("error", (error) => call.fail(error));
 */
export function openCall(operation: string, options: OpenCallOptions = {}): CallHandle {
  checkNames(options, names);
  return handleOf(open(operation, options));
}

/** Nothing, where nothing is recorded. */
export function open(operation: string, options: OpenCallOptions): Call | undefined {
  const configuration = recording();
  if (configuration === undefined) return undefined;
  const call = aside(configuration, () => {
    const { moduleName, methodName = operation, id } = options;
    const callee = { moduleName, methodName, operation, options, id };
    return new Call(configuration, {
      ...callee,
      startedAt: epochMs(options.startedAt),
      idleMs: durationOf(options.idleTimeout),
    });
  });
  if (call === undefined) return undefined;
  call.goOn(false, options.outlivesParent !== true);
  call.start(options.inputs, options.data);
  return call;
}

/** Unchecked as the values of options are, it may be anything. */
function durationOf(timeout: number | string | undefined): number | undefined {
  try {
    return timeout === undefined ? undefined : parseDuration(timeout);
  } catch {
    return undefined;
  }
}
