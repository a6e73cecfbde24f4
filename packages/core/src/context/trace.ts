import { aside, recording } from "./context.js";
import type { CallOptions } from "./options.js";
import { run } from "./run.js";

export interface TraceOptions extends CallOptions {
  /** What `start` shows as the arguments; with `kind: "llm"` the model is looked for there. */
  readonly inputs?: readonly unknown[] | undefined;
}

/**
 * Runs a function as a call: `start` before it, `end` or `error` after it, and what happens in it below it. Gives
 * what the function gives, and throws what it throws.
 *
 * @param operation What it does, as `{operation}` of routing keys has it.
 * @example
 * const documents = await trace("retrieve", () => search(question));
 * const answer = await trace("generate", { kind: "llm", inputs: [request] }, () => client.responses.create(request));
 */
export function trace<R>(operation: string, fn: () => R): R;
export function trace<R>(operation: string, options: TraceOptions | undefined, fn: () => R): R;
export function trace<R>(operation: string, ...rest: [() => R] | [TraceOptions | undefined, () => R]): R {
  const [given, fn] = rest.length === 1 ? [undefined, rest[0]] : rest;
  const configuration = recording();
  if (configuration === undefined) return fn();
  // Unchecked as they are, they may be null, or throw where they are read.
  const options = given ?? {};
  const inputs = aside(configuration, () => options.inputs);
  const callee = { moduleName: undefined, methodName: operation, operation, options };
  return run(configuration, callee, inputs, fn, undefined, []) as R;
}
