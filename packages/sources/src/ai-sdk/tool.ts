import { type CallHandle, openCall } from "@streamll/core";
import { read, textOf } from "../shared/within.js";

/** Runs a tool in its call. The caller records the result. */
export async function recordTool<T>(call: CallHandle, execute: () => PromiseLike<T>): Promise<T> {
  try {
    return await call.run(execute);
  } catch (error) {
    call.fail(error);
    throw error;
  }
}

type Execute = (this: unknown, input: unknown, options: unknown) => unknown;

/**
 * Returns the tools with each execution recorded as a call. For AI SDK 5 and 6, whose middleware does not see tools.
 *
 * @example
 * await generateText({ model, prompt, tools: aiSdkTools({ search, calculate }) });
 */
export function aiSdkTools<T extends object>(tools: T): T {
  const recorded = Object.entries(tools).map(([name, tool]) => {
    const execute = read(tool, "execute");
    if (typeof execute !== "function") return [name, tool];
    return [name, { ...tool, execute: recordedExecute(name, execute as Execute) }];
  });
  return Object.fromEntries(recorded) as T;
}

function recordedExecute(name: string, execute: Execute): Execute {
  return function (input, options) {
    const call = openCall(name, {
      moduleName: "tool",
      inputs: [input],
      data: { tool_call_id: textOf(options, "toolCallId") },
      outlivesParent: true,
    });
    let result: unknown;
    try {
      result = call.run(() => Reflect.apply(execute, this, [input, options]));
    } catch (error) {
      call.fail(error);
      throw error;
    }
    if (typeof read(result, "then") !== "function") {
      // A tool may yield its result piece by piece, which the SDK then reads.
      if (isAsyncIterable(result)) return followed(result, call);
      call.end(result);
      return result;
    }
    return Promise.resolve(result as PromiseLike<unknown>).then(
      (output) => {
        call.end(output);
        return output;
      },
      (error) => {
        call.fail(error);
        throw error;
      },
    );
  };
}

const isAsyncIterable = (value: unknown): value is AsyncIterable<unknown> =>
  typeof value === "object" && value !== null && Symbol.asyncIterator in value;

async function* followed(parts: AsyncIterable<unknown>, call: CallHandle): AsyncGenerator<unknown> {
  let last: unknown;
  try {
    for await (const part of parts) {
      last = part;
      yield part;
    }
  } catch (error) {
    call.fail(error);
    throw error;
  } finally {
    call.end(last);
  }
}
