import { types } from "node:util";
import { Call, type Callee } from "./call.js";
import { handleOf } from "./call-handle.js";
import type { Configuration } from "./configuration.js";
import { aside, context } from "./context.js";
import { follow } from "./follow.js";

type Callable = (this: unknown, ...args: readonly never[]) => unknown;

/** A function that is called, and how. */
interface Execution {
  /** What `start` shows. */
  readonly inputs: readonly unknown[] | undefined;
  readonly fn: Callable;
  readonly self: unknown;
  /** Default: a handle of the call. */
  readonly args: readonly unknown[] | undefined;
}

/** Calls the function and records the call. */
export function run(configuration: Configuration, callee: Callee, execution: Execution): unknown {
  const { inputs, fn, self } = execution;
  const call = aside(configuration, () => new Call(configuration, callee));
  const args = execution.args ?? [handleOf(call)];
  if (call === undefined) return Reflect.apply(fn, self, args);
  call.start(inputs);
  let result: unknown;
  try {
    result = context.calls.run(
      call,
      Reflect.apply<unknown, readonly unknown[], unknown>,
      fn as never,
      self,
      args,
    );
  } catch (error) {
    call.fail(error);
    throw error;
  }
  if (result !== self) return follow(call, result, types.isAsyncFunction(fn));
  // A method that gives its own object: what that is, or can be awaited for, is not what the call gave.
  call.end(undefined);
  return result;
}
