import type { Lane } from "./lane.js";

/** The lane that an execution keeps to while any of its events is unsettled. */
export interface Execution {
  readonly id: string;
  lane: Lane;
  unsettled: number;
}

/** Which execution sits on which lane. */
export class Executions {
  readonly #byId = new Map<string, Execution>();
  // Events of one execution mostly come in a row.
  #last: Execution | undefined;

  /** The execution's lane, or the one that `choose` gives when none of its events is left. */
  enter(id: string, choose: (id: string) => Lane): Execution {
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
