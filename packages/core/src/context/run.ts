import { types } from "node:util";
import { Call, type Callee } from "./call.js";
import { handleOf } from "./call-handle.js";
import type { Configuration } from "./configuration.js";
import { context, safely } from "./context.js";
import { follow } from "./follow.js";

type Callable = (this: unknown, ...args: readonly never[]) => unknown;

/** A function, and what to call it with. */
interface Execution {
  /** What `start` shows as the arguments. */
  readonly inputs: readonly unknown[] | undefined;
  readonly fn: Callable;
  readonly self: unknown;
  /** Default: the handle of the call. */
  readonly args: readonly unknown[] | undefined;
}

/** Calls the function and records the call. */
export function run(configuration: Configuration, callee: Callee, execution: Execution): unknown {
  const { inputs, fn, self } = execution;
  const call = safely(configuration, () => new Call(configuration, callee));
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
  // A method that returns its own object, as in a fluent interface, has no result of its own to show or to wait for.
  call.end(undefined);
  return result;
}
