import type { Logger } from "@streamll/core";
import { guarded, type LogName, logLine, warnProcess } from "@streamll/core/internal";

/** Warnings that tell of events that are gone. */
const losses: ReadonlySet<unknown> = new Set<LogName>(["rejected", "dropped", "returned"]);

/**
 * The user's logger, never letting out what it throws. Without one, errors (what will not recover by itself) and losses
 * are reported once through `process.emitWarning`.
 */
export function loggerOf(given: Logger | undefined): Logger {
  return given === undefined ? lastResort() : guarded(given);
}

function lastResort(): Logger {
  const reported = new Set<string>();
  const warn: Logger["warn"] = ({ line, code }, message) => {
    const about = `${line} ${code}`;
    if (reported.has(about)) return;
    reported.add(about);
    warnProcess(message);
  };
  return {
    debug() {},
    info() {},
    warn(fields, message) {
      if (losses.has(fields.line)) warn(fields, message);
    },
    error: warn,
  };
}

type ComplaintName = LogName & ("option_warning" | "invalid_event" | "header_left_out" | "callback_failed");

/** Reports once what the program should fix; also without a logger. */
export type Complain = (name: ComplaintName, about: string, message: string) => void;

export function complainTo(given: Logger | undefined, logger: Logger): Complain {
  const reported = new Set<string>();
  return (name, about, message) => {
    const key = `${name} ${about}`;
    if (reported.has(key)) return;
    reported.add(key);
    if (given === undefined) warnProcess(message);
    else logLine(logger, name, { about }, message);
  };
}
