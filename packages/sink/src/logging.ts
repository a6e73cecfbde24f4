import type { Logger } from "@streamll/core";
import { guarded, type LogName, logLine, warnProcess } from "@streamll/core/internal";

export { answerOf, faultOf, nameOfError } from "@streamll/core/internal";

/** Warnings that tell of events that are gone. */
const losses: ReadonlySet<unknown> = new Set<LogName>(["rejected", "dropped", "returned"]);

/**
 * The user's logger, never letting out what it throws. Without one, errors (what will not heal by itself) and losses
 * are said once through `process.emitWarning`.
 */
export function sinkLogger(given: Logger | undefined): Logger {
  return given === undefined ? lastResort() : guarded(given);
}

function lastResort(): Logger {
  const said = new Set<string>();
  const warn: Logger["warn"] = ({ line, code }, message) => {
    const about = `${line} ${code}`;
    if (said.has(about)) return;
    said.add(about);
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

/** Says once what the program should mend; also where there is no logger. */
export type Complain = (name: ComplaintName, about: string, message: string) => void;

export function complainTo(given: Logger | undefined, logger: Logger): Complain {
  const said = new Set<string>();
  return (name, about, message) => {
    const key = `${name} ${about}`;
    if (said.has(key)) return;
    said.add(key);
    if (given === undefined) warnProcess(message);
    else logLine(logger, name, { about }, message);
  };
}
