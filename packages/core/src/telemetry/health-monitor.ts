import type { Clock } from "../delivery/clock.js";
import type { Problem } from "../delivery/report.js";
import type { HealthIssue } from "./health-checks.js";
import type { LogThrottle } from "./log-throttle.js";

/** How often the monitor looks for problems. */
const INTERVAL_MS = 1000;

export interface HealthMonitorSetup {
  readonly clock: Clock;
  readonly throttle: LogThrottle;
  find(): HealthIssue[];
  emit(name: "problem" | "solved", problem: Problem): void;
}

/** Looks for problems at an interval, and reports new ones and solved ones to listeners and the log. */
export class HealthMonitor {
  readonly #setup: HealthMonitorSetup;
  /** Issues emitted as a `problem`, and not yet as `solved`. */
  readonly #reported = new Map<string, HealthIssue>();
  /** Issues that were logged, so that `recovered` is to follow. */
  readonly #logged = new Map<string, HealthIssue>();
  #cancel: (() => void) | undefined;

  constructor(setup: HealthMonitorSetup) {
    this.#setup = setup;
  }

  /** All current problems; none before `start` or after `stop`. */
  problems(): Problem[] {
    return this.#cancel === undefined ? [] : this.#setup.find().map(problemOf);
  }

  /** Each check waits until arrived data is read: a program that blocked its event loop must not look like a silent broker. */
  start(): void {
    const { clock } = this.#setup;
    this.#cancel = clock.after(INTERVAL_MS, () => {
      this.#cancel = clock.afterPoll(() => {
        this.#check();
        this.start();
      });
    });
  }

  stop(): void {
    this.#cancel?.();
    this.#cancel = undefined;
  }

  #check(): void {
    const now = new Map(this.#setup.find().map((issue) => [issue.about, issue]));
    for (const [about, issue] of now) {
      if (!this.#reported.has(about)) this.#setup.emit("problem", problemOf(issue));
      this.#reported.set(about, issue);
      this.#log(about, issue);
    }
    // A problem that goes on under another description is not solved.
    const codes = new Set([...now.values()].map(({ code }) => code));
    for (const [about, issue] of this.#reported) {
      if (now.has(about) || codes.has(issue.code)) continue;
      this.#reported.delete(about);
      this.#setup.emit("solved", problemOf(issue));
    }
    // A connection that was abandoned for its silence has recovered only when there is a new one.
    if ([...now.values()].some(({ outage }) => outage)) return;
    for (const [about, { code, message }] of this.#logged) {
      if (now.has(about)) continue;
      this.#logged.delete(about);
      this.#setup.throttle.log("recovered", { code }, `solved: ${message}`);
    }
  }

  #log(about: string, issue: HealthIssue): void {
    const { line, code, message } = issue;
    if (line === undefined || this.#logged.has(about)) return;
    this.#logged.set(about, issue);
    this.#setup.throttle.log(line, { code }, message);
  }
}

const problemOf = ({ code, message }: HealthIssue): Problem => ({ code, message });
