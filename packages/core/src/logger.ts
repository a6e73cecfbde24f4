import { runCallback } from "./callback.js";
import { told } from "./redact.js";

/**
 * Where a sink says what it does: shaped like pino, and never handed a secret or an event's data.
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
 * Hands lines to a logger of the user's: what it throws goes nowhere, and no line carries a password of a URL or a control
 * character, whoever wrote it.
 */
export function guarded(given: Logger): Logger {
  const call =
    (level: keyof Logger): Logger["info"] =>
    (fields, message) =>
      // Where it throws there is nobody left to tell.
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

/** Says it where there is no logger, in the same way. */
export function warnProcess(message: string): void {
  runCallback(
    () => process.emitWarning(told(message), "StreamllWarning"),
    () => {},
  );
}
