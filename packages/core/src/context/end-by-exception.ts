import { writeSync } from "node:fs";
import { inspect } from "node:util";
import { compileFunction } from "node:vm";
import { nameOfError } from "../callback.js";
import { context } from "./context.js";
import { emit } from "./emit.js";
import { ending, othersAreEnding, programListens } from "./ending.js";
import { errorData } from "./error-fields.js";
import { excerptOf } from "./excerpt.js";
import { snapshot } from "./snapshot.js";

const MAX_BYTES = 8192;

/**
 * On an exception that nobody catches: records it, stops, and then ends the process as the exception would have.
 * Where the program listens for uncaught exceptions it decides itself, and nothing is done.
 *
 * It listens to the monitor, and for the exception itself only once there is one: packages that look whether anybody
 * listens see nobody.
 *
 * @returns Stops listening.
 */
export function endByException(stop: () => Promise<void>): () => void {
  const watch = (error: unknown) => {
    if (process.hasUncaughtExceptionCaptureCallback() || programListens("uncaughtException")) return;
    dispose();
    recordCrash(error);
    // Without it the process would have ended: what else goes wrong meanwhile would not have happened.
    const ignore = ending(() => {});
    const atExit = () => {
      process.exitCode = 1;
      writeSync(2, `Uncaught ${inspect(error)}\n`);
    };
    process.on("uncaughtException", ignore).on("unhandledRejection", ignore).on("exit", atExit);
    void stop().then(() => {
      process.off("uncaughtException", ignore).off("unhandledRejection", ignore).off("exit", atExit);
      // What was said on the way is printed first.
      if (!othersAreEnding("uncaughtException")) setImmediate(() => throwAgain(error));
    });
  };
  const dispose = () => void process.off("uncaughtExceptionMonitor", watch);

  process.on("uncaughtExceptionMonitor", watch);
  return dispose;
}

/** Of a call that is not over it is the call's error; else it has an event of its own. */
function recordCrash(error: unknown): void {
  const { failures } = context;
  if (failures.has(error)) return;
  const call = context.calls.getStore();
  call?.fail(error);
  if (failures.has(error)) return;
  failures.add(error);
  const place = call === undefined && { moduleName: "process", operation: "uncaught_exception" };
  const data = { error_type: nameOfError(error) };
  emit("error", { ...place, data: Object.assign(data, snapshot(errorData(error), MAX_BYTES)) });
}

/** Node then prints and exits as it did without us. Who was told of the exception is not told again. */
function throwAgain(error: unknown): void {
  process.removeAllListeners("uncaughtExceptionMonitor").removeAllListeners("uncaughtException");
  writeSync(2, excerptOf(error));
  rethrow(error);
}

/** Node shows the source line of a throw above the error, but for one with this remark: that line would be ours. */
function rethrow(error: unknown): never {
  let rethrown: (error: unknown) => unknown = () => undefined;
  try {
    rethrown = compileFunction("throw error; // node-do-not-add-exception-line", [
      "error",
    ]) as typeof rethrown;
  } catch {
    // A runtime that cannot compile shows our line.
  }
  rethrown(error);
  throw error;
}
