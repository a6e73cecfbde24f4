import { types } from "node:util";
import { type CallHandle, inertHandle } from "./call-handle.js";
import { aside, recording } from "./context.js";
import { type CallOptions, callOptionNames, checkNames } from "./options.js";
import { run } from "./run.js";

export interface TraceOptions extends CallOptions {
  /** What `start` shows as the arguments; with `kind: "llm"` the model is looked for there. */
  readonly inputs?: readonly unknown[] | undefined;
}

const names: ReadonlySet<string> = new Set([...callOptionNames, "inputs"]);

/**
 * Runs a function as a call: `start` before it, `end` or `error` after it, and what happens in it below it. Gives
 * what the function gives, and throws what it throws. The function gets a handle of the call, for what only it knows:
 * model, usage, tokens, an end of its own.
 *
 * @param operation What it does, as `{operation}` of routing keys has it.
 * @throws ConfigurationError for an option that there is not.
 * @example
 * const documents = await trace("retrieve", () => search(question));
 * const answer = await trace("generate", { kind: "llm", inputs: [request] }, () => client.responses.create(request));
 * const text = await trace("generate", { kind: "llm", inputs: [prompt] }, async (call) => {
 *   const { text, tokens } = await mine(prompt);
 *   call.learn({ model: "mine-1", usage: { output_tokens: tokens } });
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
  // Unchecked as they are, they may be null, or throw where they are read.
  const options = given ?? {};
  const inputs = aside(configuration, () => options.inputs);
  const callee = { moduleName: undefined, methodName: operation, operation, options };
  return run(configuration, callee, { inputs, fn, self: undefined, args: undefined }) as R;
}
