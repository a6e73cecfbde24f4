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
