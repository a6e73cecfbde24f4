import type { EntryLane, Execution } from "./entry.js";

/** Which execution sits on which lane. */
export class Executions {
  readonly #byId = new Map<string, Execution>();
  // Events of one execution mostly come in a row.
  #last: Execution | undefined;

  /** The execution's lane, or the one that `choose` gives when none of its events is left. */
  enter(id: string, choose: (id: string) => EntryLane): Execution {
    let execution = this.#last?.id === id ? this.#last : this.#byId.get(id);
    if (execution === undefined) {
      execution = { id, lane: choose(id), unsettled: 0 };
      this.#byId.set(id, execution);
    }
    this.#last = execution;
    execution.unsettled++;
    return execution;
  }

  leave(execution: Execution): void {
    if (--execution.unsettled > 0) return;
    this.#byId.delete(execution.id);
    if (this.#last === execution) this.#last = undefined;
  }
}
