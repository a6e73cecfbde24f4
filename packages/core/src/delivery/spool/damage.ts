import { textOf } from "../../error-text.js";
import type { Logger } from "../../logger.js";
import type { Damage } from "../../spool/spool.js";
import { logLine } from "../../telemetry/log-lines.js";
import type { LogThrottle } from "../../telemetry/log-throttle.js";
import type { Problem } from "../report.js";

export interface DamagesSetup {
  readonly logger: Logger;
  readonly throttle: LogThrottle;
  /** Of the folder, for a log line. */
  path(): string;
}

/** Says what of the files of earlier programs cannot be read. */
export class Damages {
  readonly #setup: DamagesSetup;
  lostEvents = 0;
  /** What `health()` says, by code. */
  readonly problems = new Map<string, Problem>();

  constructor(setup: DamagesSetup) {
    this.#setup = setup;
  }

  damaged({ events, bytes, file }: Damage): void {
    const { logger, path } = this.#setup;
    const where = `file ${file} of ${path()}`;
    if (events === 0) {
      const message = `${bytes} bytes are no whole event: ${where}. They were being written when an earlier program was killed`;
      return logLine(logger, "spool_cut", { bytes }, message);
    }
    this.lostEvents += events;
    const message = `${events} events of an earlier program cannot be read: ${where}. What can be read of it is sent, and it is kept as *.bad`;
    this.#found({ code: "SPOOL_DAMAGED", message });
    logLine(logger, "spool_damaged", { events }, message);
  }

  unreadable(file: number, error: unknown): void {
    const { throttle, path } = this.#setup;
    const message = `file ${file} of ${path()} cannot be read, and is left there for the next program: ${textOf(error)}`;
    this.#found({ code: "SPOOL_UNREADABLE", message });
    throttle.log("spool_failed", { code: "SPOOL_UNREADABLE" }, message);
  }

  #found(problem: Problem): void {
    this.problems.set(problem.code, problem);
  }
}
