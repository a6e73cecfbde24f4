import { ChildProgram, type Surroundings } from "@streamll/harness";
import type { Command, Said, Sample, Setup, Verdict } from "./messages.js";

/** Milliseconds by the clock of the bench. */
export type Moment = Said & { readonly at: number };

/** The host program as the bench sees it. */
export class HostProgram extends ChildProgram<Command, Said> {
  readonly timeline: Moment[] = [];
  #last: Sample | undefined;
  #verdict: Verdict | undefined;

  constructor(setup: Setup, surroundings: Surroundings) {
    super(new URL("program.ts", import.meta.url), setup, surroundings);
    this.onSaid = (said) => {
      if (said.kind === "sample") this.#last = said;
      if (said.kind === "stopped") this.#verdict = said;
      this.timeline.push({ ...said, at: performance.now() });
    };
  }

  /** The latest that it said of its sink. */
  get last(): Sample | undefined {
    return this.#last;
  }

  get verdict(): Verdict | undefined {
    return this.#verdict;
  }

  has(kind: Said["kind"]): boolean {
    return this.timeline.some((moment) => moment.kind === kind);
  }
}
