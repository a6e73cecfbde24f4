import { runCallback } from "./callback.js";
import { told } from "./redact.js";

/**
 * The logger of a sink, with pino's methods. It never gets a secret or an event's data.
 * `console` fits too when wrapped: `{ warn: (fields, message) => console.warn(message, fields), … }`.
 */
export interface Logger {
  debug(fields: LogFields, message: string): void;
  info(fields: LogFields, message: string): void;
  warn(fields: LogFields, message: string): void;
  error(fields: LogFields, message: string): void;
}

export type LogFields = Readonly<Record<string, unknown>>;

export const silentLogger: Logger = { debug() {}, info() {}, warn() {}, error() {} };

/**
 * Passes lines to the user's logger. What that throws is ignored, and no line contains a URL's password or a control
 * character, whoever wrote it.
 */
export function guarded(given: Logger): Logger {
  const call =
    (level: keyof Logger): Logger["info"] =>
    (fields, message) =>
      // There is nowhere left to report that the logger throws.
      runCallback(
        () => given[level](fieldsTold(fields), told(message)),
        () => {},
      );
  return { debug: call("debug"), info: call("info"), warn: call("warn"), error: call("error") };
}

const fieldsTold = (fields: LogFields): LogFields =>
  Object.fromEntries(
    Object.entries(fields).map(([name, value]) => [name, typeof value === "string" ? told(value) : value]),
  );

/** Emits a process warning in place of a log line, under the same rules. */
export function warnProcess(message: string): void {
  runCallback(
    () => process.emitWarning(told(message), "StreamllWarning"),
    () => {},
  );
}
