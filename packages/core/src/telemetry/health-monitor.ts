import type { Clock } from "../delivery/clock.js";
import type { Problem } from "../delivery/report.js";
import type { HealthIssue } from "./health-checks.js";
import type { LogThrottle } from "./log-throttle.js";

/** How often listeners and the log are told of what is wrong. */
const INTERVAL_MS = 1000;

export interface HealthMonitorSetup {
  readonly clock: Clock;
  readonly throttle: LogThrottle;
  find(): HealthIssue[];
  emit(name: "problem" | "solved", problem: Problem): void;
}

/** Looks again and again at what is wrong, and tells of what is new and of what is over. */
export class HealthMonitor {
  readonly #setup: HealthMonitorSetup;
  /** Told as problems, and not yet as solved. */
  readonly #reported = new Map<string, HealthIssue>();
  /** Said in the log, where `recovered` is to follow. */
  readonly #logged = new Map<string, HealthIssue>();
  #cancel: (() => void) | undefined;

  constructor(setup: HealthMonitorSetup) {
    this.#setup = setup;
  }

  /** All that is wrong now; nothing outside of `start` and `stop`. */
  problems(): Problem[] {
    return this.#cancel === undefined ? [] : this.#setup.find().map(problemOf);
  }

  /** The monitor looks once what came in is read: it takes no host that blocked its event loop for a silent broker. */
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
    // One that goes on under another description is not over.
    const codes = new Set([...now.values()].map(({ code }) => code));
    for (const [about, issue] of this.#reported) {
      if (now.has(about) || codes.has(issue.code)) continue;
      this.#reported.delete(about);
      this.#setup.emit("solved", problemOf(issue));
    }
    // A connection that was given up for its silence has not recovered before there is another.
    if ([...now.values()].some(({ outage }) => outage)) return;
    for (const [about, { code, message }] of this.#logged) {
      if (now.has(about)) continue;
      this.#logged.delete(about);
      this.#setup.throttle.log("recovered", { code }, `no longer so: ${message}`);
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
