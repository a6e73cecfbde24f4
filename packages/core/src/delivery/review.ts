import type { Clock } from "./clock.js";
import type { Journal } from "./journal.js";
import type { Finding } from "./problems.js";
import type { Problem } from "./report.js";

/** How often listeners and the log are told of what is wrong. */
const REVIEW_MS = 1000;

export interface ReviewSetup {
  readonly clock: Clock;
  readonly journal: Journal;
  find(): Finding[];
  tell(name: "problem" | "solved", problem: Problem): void;
}

/** Looks again and again at what is wrong, and tells of what is new and of what is over. */
export class Review {
  readonly #setup: ReviewSetup;
  /** Told as problems, and not yet as solved. */
  readonly #told = new Map<string, Finding>();
  /** Said in the log, where `recovered` is to follow. */
  readonly #said = new Map<string, Finding>();
  #cancel: (() => void) | undefined;

  constructor(setup: ReviewSetup) {
    this.#setup = setup;
  }

  /** All that is wrong now; nothing outside of `start` and `stop`. */
  problems(): Problem[] {
    return this.#cancel === undefined ? [] : this.#setup.find().map(problemOf);
  }

  /** Judged once what came in is read: a host that blocked its event loop is not taken for a silent broker. */
  start(): void {
    const { clock } = this.#setup;
    this.#cancel = clock.after(REVIEW_MS, () => {
      this.#cancel = clock.afterPoll(() => {
        this.#look();
        this.start();
      });
    });
  }

  stop(): void {
    this.#cancel?.();
    this.#cancel = undefined;
  }

  #look(): void {
    const now = new Map(this.#setup.find().map((finding) => [finding.about, finding]));
    for (const [about, finding] of now) {
      if (!this.#told.has(about)) this.#setup.tell("problem", problemOf(finding));
      this.#told.set(about, finding);
      this.#say(about, finding);
    }
    // One that goes on under another description is not over.
    const codes = new Set([...now.values()].map(({ code }) => code));
    for (const [about, finding] of this.#told) {
      if (now.has(about) || codes.has(finding.code)) continue;
      this.#told.delete(about);
      this.#setup.tell("solved", problemOf(finding));
    }
    // A connection that was given up for its silence has not recovered before there is another.
    if ([...now.values()].some(({ outage }) => outage)) return;
    for (const [about, { code, message }] of this.#said) {
      if (now.has(about)) continue;
      this.#said.delete(about);
      this.#setup.journal.say("recovered", { code }, `no longer so: ${message}`);
    }
  }

  #say(about: string, finding: Finding): void {
    const { line, code, message } = finding;
    if (line === undefined || this.#said.has(about)) return;
    this.#said.set(about, finding);
    this.#setup.journal.say(line, { code }, message);
  }
}

const problemOf = ({ code, message }: Finding): Problem => ({ code, message });
