import { types } from "node:util";
import { type CallHandle, inertHandle } from "./call-handle.js";
import { recording, safely } from "./context.js";
import { type CallOptions, callOptionNames, checkNames } from "./options.js";
import { run } from "./run.js";

export interface TraceOptions extends CallOptions {
  /** What `start` shows as the arguments. With `kind: "llm"`, the model's name is looked up in them. */
  readonly inputs?: readonly unknown[] | undefined;
}

const names: ReadonlySet<string> = new Set([...callOptionNames, "inputs"]);

/**
 * Runs a function as a call: emits `start` before it and `end` or `error` after it, and places what is recorded inside
 * it below the call. Returns what the function returns, and throws what it throws. The function receives a handle of
 * the call, to record what only it knows: model, usage, tokens, or an end of its own.
 *
 * @param operation What the call does; the `{operation}` of routing keys.
 * @throws ConfigurationError for an unknown option.
 * @example
 * const documents = await trace("retrieve", () => search(question));
 * const answer = await trace("generate", { kind: "llm", inputs: [request] }, () => client.responses.create(request));
 * const text = await trace("generate", { kind: "llm", inputs: [prompt] }, async (call) => {
 *   const { text, tokens } = await mine(prompt);
 *   call.record({ model: "mine-1", usage: { output_tokens: tokens } });
 *   return text;
 * });
 */
export function trace<R>(operation: string, fn: (call: CallHandle) => R): R;
export function trace<R>(
  operation: string,
  options: TraceOptions | undefined,
  fn: (call: CallHandle) => R,
): R;
export function trace<R>(
  operation: string,
  ...rest: [(call: CallHandle) => R] | [TraceOptions | undefined, (call: CallHandle) => R]
): R {
  const [given, fn] = rest.length === 1 ? [undefined, rest[0]] : rest;
  if (!types.isProxy(given)) checkNames(given, names);
  const configuration = recording();
  if (configuration === undefined) return fn(inertHandle);
  // Options are not validated here: they may be null, or throw when they are read.
  const options = given ?? {};
  const inputs = safely(configuration, () => options.inputs);
  const callee = { moduleName: undefined, methodName: operation, operation, options };
  return run(configuration, callee, { inputs, fn, self: undefined, args: undefined }) as R;
}
