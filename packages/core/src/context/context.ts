import { AsyncLocalStorage } from "node:async_hooks";
import { nameOfError } from "../callback.js";
import { isRepetition } from "../ending.js";
import type { CallAround } from "./call-around.js";
import type { Configuration } from "./configuration.js";
import { RecordedFailures } from "./failures.js";
import { Frameworks } from "./frameworks.js";
import { OpenCalls } from "./open-calls.js";

interface ProcessContext {
  /** The call that the current code runs in, other than the calls that frameworks report. */
  readonly calls: AsyncLocalStorage<CallAround>;
  configuration: Configuration | undefined;
  /** Recording is at work: what it calls (a sink, a filter, a redactor, a getter) is not itself recorded. */
  busy: boolean;
  readonly failures: RecordedFailures;
  readonly open: OpenCalls;
  readonly frameworks: Frameworks;
}

const key = Symbol.for("@streamll/core context 1");
const holder = globalThis as typeof globalThis & { [key]?: ProcessContext };

/** One per process, even if both the ES module and the CommonJS copy of this package are loaded. */
export const context: ProcessContext = holder[key] ?? {
  calls: new AsyncLocalStorage(),
  configuration: undefined,
  busy: false,
  failures: new RecordedFailures(),
  open: new OpenCalls(),
  frameworks: new Frameworks(),
};
holder[key] = context;

/** Where events go; `undefined` if nothing is to be recorded now. */
export function recording(): Configuration | undefined {
  if (context.busy || context.configuration === undefined) return undefined;
  return isRepetition() ? undefined : context.configuration;
}

/** The innermost call that the current code runs in. */
export const callAround = (): CallAround | undefined =>
  context.frameworks.innermost(context.calls.getStore());

/** Runs a part of recording: what that throws is logged instead of thrown, and what it calls is not recorded. */
export function safely<T>(configuration: Configuration, work: () => T): T | undefined {
  const outer = context.busy;
  context.busy = true;
  try {
    return work();
  } catch (error) {
    const message = `an event could not be recorded: ${nameOfError(error)}`;
    configuration.warnOnce("recording", message, "not_recorded");
    return undefined;
  } finally {
    context.busy = outer;
  }
}
