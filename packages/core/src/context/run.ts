import { types } from "node:util";
import { Call, type Callee } from "./call.js";
import type { Configuration } from "./configuration.js";
import { aside, context } from "./context.js";
import { follow } from "./follow.js";

type Callable = (this: unknown, ...args: readonly unknown[]) => unknown;

/** Calls the function and records the call. */
export function run(
  configuration: Configuration,
  callee: Callee,
  inputs: readonly unknown[] | undefined,
  fn: Callable,
  self: unknown,
  args: readonly unknown[],
): unknown {
  const call = aside(configuration, () => new Call(configuration, callee));
  if (call === undefined) return Reflect.apply(fn, self, args);
  call.start(inputs);
  let result: unknown;
  try {
    result = context.calls.run(call, Reflect.apply<unknown, readonly unknown[], unknown>, fn, self, args);
  } catch (error) {
    call.fail(error);
    throw error;
  }
  if (result !== self) return follow(call, result, types.isAsyncFunction(fn));
  // A method that gives its own object: what that is, or can be awaited for, is not what the call gave.
  call.end(undefined);
  return result;
}
