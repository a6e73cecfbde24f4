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
 * On an uncaught exception, records it, stops the sinks, and then ends the process as the exception would have.
 * A program that listens for uncaught exceptions decides for itself: nothing is done then.
 *
 * Until an exception occurs only `uncaughtExceptionMonitor` has a listener, so that packages which check for listeners
 * of `uncaughtException` find none.
 *
 * @returns Stops listening.
 */
export function endByException(stop: () => Promise<void>): () => void {
  const watch = (error: unknown) => {
    if (process.hasUncaughtExceptionCaptureCallback() || programListens("uncaughtException")) return;
    dispose();
    recordCrash(error);
    // Without us the process would be over by now, so later exceptions and rejections would not have happened.
    const ignore = ending(() => {});
    const atExit = () => {
      process.exitCode = 1;
      writeSync(2, `Uncaught ${inspect(error)}\n`);
    };
    process.on("uncaughtException", ignore).on("unhandledRejection", ignore).on("exit", atExit);
    void stop().then(() => {
      process.off("uncaughtException", ignore).off("unhandledRejection", ignore).off("exit", atExit);
      // Output that was written while stopping is printed first.
      if (!othersAreEnding("uncaughtException")) setImmediate(() => throwAgain(error));
    });
  };
  const dispose = () => void process.off("uncaughtExceptionMonitor", watch);

  process.on("uncaughtExceptionMonitor", watch);
  return dispose;
}

/** Records the exception as the error of the open call that it came from; if there is none, as an event of its own. */
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

/** Node then prints and exits as it would have without us. Listeners that saw the exception do not see it twice. */
function throwAgain(error: unknown): void {
  process.removeAllListeners("uncaughtExceptionMonitor").removeAllListeners("uncaughtException");
  writeSync(2, excerptOf(error));
  rethrow(error);
}

/** Node prints the source line of a `throw` above the error, which here would be ours, unless it has this comment. */
function rethrow(error: unknown): never {
  let rethrown: (error: unknown) => unknown = () => undefined;
  try {
    rethrown = compileFunction("throw error; // node-do-not-add-exception-line", [
      "error",
    ]) as typeof rethrown;
  } catch {
    // A runtime that cannot compile code prints our line.
  }
  rethrown(error);
  throw error;
}
