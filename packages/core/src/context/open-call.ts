import { parseDuration } from "../units/duration.js";
import { Call } from "./call.js";
import { type CallHandle, epochMs, handleOf } from "./call-handle.js";
import { recording, safely } from "./context.js";
import { type CallOptions, callOptionNames, checkNames } from "./options.js";

export interface OpenCallOptions extends CallOptions {
  /** The method name of its events. Default: the operation. */
  readonly methodName?: string | undefined;
  /** The `event_id` of the `start`, which must be unique. Default: a new id. */
  readonly id?: string | undefined;
  /** When the call began: a `Date` or epoch milliseconds. Default: now. */
  readonly startedAt?: Date | number | undefined;
  /** What `start` shows as the arguments. With `kind: "llm"`, the model's name is looked up in them. */
  readonly inputs?: readonly unknown[] | undefined;
  /** Further fields for the `data` of the `start`. */
  readonly data?: Readonly<Record<string, unknown>> | undefined;
  /**
   * The call is cancelled after so long without an event and without an open call below it: seconds, or a duration such
   * as `"1h"`. Default: `idleTimeout` of `configure`.
   */
  readonly idleTimeout?: number | string | undefined;
  /**
   * Whether the call stays open when the enclosing call ends. Default `false`: it is then cancelled. Use `true` only for
   * a call that is certain to be ended, such as one for a stream that the enclosing call returns.
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
 * Opens a call that is ended from elsewhere: a framework's callback, another turn, a queue. Emits its `start` at once.
 * The call has exactly one end, the first that is reported. If none is, it is cancelled when the enclosing call ends,
 * when recording stops, or after `idleTimeout`; of more than 10,000 open calls, the oldest are cancelled.
 *
 * Nothing is recorded before `configure`: the handle then only runs the functions passed to `run`.
 *
 * @param operation What the call does; the `{operation}` of routing keys.
 * @throws ConfigurationError for an unknown option.
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

/** Opens a call; returns `undefined` if nothing is recorded. */
export function open(operation: string, options: OpenCallOptions): Call | undefined {
  const configuration = recording();
  if (configuration === undefined) return undefined;
  const call = safely(configuration, () => {
    const { moduleName, methodName = operation, id } = options;
    const callee = { moduleName, methodName, operation, options, id };
    return new Call(configuration, {
      ...callee,
      startedAt: epochMs(options.startedAt),
      idleMs: durationOf(options.idleTimeout),
    });
  });
  if (call === undefined) return undefined;
  call.keepOpen(false, options.outlivesParent !== true);
  call.start(options.inputs, options.data);
  return call;
}

/** The values of options are not validated, so an invalid timeout means the default. */
function durationOf(timeout: number | string | undefined): number | undefined {
  try {
    return timeout === undefined ? undefined : parseDuration(timeout);
  } catch {
    return undefined;
  }
}
