import type { Logger } from "../logger.js";

/**
 * When a line is logged. `once`: directly. `counted`: the first at once, repetitions as a count per window. `gathered`:
 * as `counted`, but the first waits for a window too, so that a burst of events is one line.
 */
export type Cadence = "once" | "counted" | "gathered";

const line = <Field extends string>(level: keyof Logger, cadence: Cadence, ...fields: Field[]) => ({
  level,
  cadence,
  fields,
});

/** Every line of the log, by its name. `docs/operations.md` says what to do about each. */
export const logLines = {
  connected: line("info", "counted", "endpoint", "lane"),
  disconnected: line("info", "counted", "endpoint", "lane", "code"),
  connect_failed: line("warn", "counted", "endpoint", "lane", "code"),
  connect_refused: line("error", "counted", "endpoint", "lane", "code"),
  circuit_open: line("error", "counted", "code"),
  pool_lowered: line("warn", "counted", "code", "connections"),
  blocked: line("warn", "counted", "reason"),
  unblocked: line("info", "counted"),
  congested: line("warn", "counted", "code"),
  unanswered: line("warn", "counted", "code"),
  buffer_filling: line("warn", "counted", "code"),
  recovered: line("info", "counted", "code"),
  retried: line("warn", "gathered", "code"),
  failed: line("error", "gathered", "code"),
  dropped: line("warn", "gathered", "code"),
  rejected: line("warn", "counted", "code"),
  not_dead_lettered: line("warn", "gathered", "code", "exchange"),
  duplicates: line("warn", "once", "lane", "sequence"),
  second_writer: line("error", "once", "endpoint", "lane"),
  token_not_renewed: line("warn", "once", "endpoint"),
  spool_failed: line("error", "counted", "code"),
  spool_damaged: line("error", "once", "events"),
  spool_cut: line("info", "once", "bytes"),
  spool_adopted: line("info", "once", "events", "directory"),
  events_lost: line("error", "once", "failed", "dropped", "rejected", "failures"),
  returned: line("warn", "once", "endpoint", "exchange"),
  option_warning: line("warn", "once", "about"),
  invalid_event: line("warn", "once", "about"),
  header_left_out: line("warn", "once", "about"),
  callback_failed: line("warn", "once", "about"),
  not_recorded: line("warn", "once", "about"),
  handler_failed: line("warn", "gathered", "code"),
  dedup_failed: line("warn", "gathered", "code"),
  offset_not_stored: line("warn", "gathered", "code"),
  offset_gone: line("warn", "once", "endpoint", "partition"),
  dead_lettered: line("error", "gathered", "code"),
  parking_failed: line("error", "counted", "code"),
};

export type LogName = keyof typeof logLines;

/** The fields of a line: exactly these. */
export type LineFields<Name extends LogName> = Readonly<
  Record<(typeof logLines)[Name]["fields"][number], unknown>
>;

/** Logs a line at its level, with its name in the field `line`. */
export function logLine<Name extends LogName>(
  logger: Logger,
  name: Name,
  fields: LineFields<Name>,
  message: string,
): void {
  return logger[logLines[name].level]({ line: name, ...fields }, message);
}
