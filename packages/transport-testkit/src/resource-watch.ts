import { AsyncLocalStorage, createHook } from "node:async_hooks";
import { elapse } from "./waiting.js";

/** What may hold a process: timers, sockets, pipes, watchers, workers. Node gives each this method. */
interface Holder {
  hasRef(): boolean;
}

const LOOKS = 5;

/**
 * Follows what one program among several in a process opens, and what that opens in its turn: the test runner's own
 * timers and sockets, and those of a broker beside it, do not count.
 */
export class ResourceWatch {
  readonly #inside = new AsyncLocalStorage<true>();
  readonly #open = new Map<number, { readonly type: string; readonly resource: Holder }>();
  readonly #hook = createHook({
    init: (id, type, _trigger, resource) => {
      if (this.#inside.getStore() && "hasRef" in resource)
        this.#open.set(id, { type, resource: resource as Holder });
    },
    destroy: (id) => void this.#open.delete(id),
  });

  /** Runs a part of the program that is watched. */
  of<T>(part: () => Promise<T>): Promise<T> {
    this.#hook.enable();
    return this.#inside.run(true, part);
  }

  /** The types of what holds the process, time and again: what is about to end is none of it. */
  async holding(): Promise<string[]> {
    let held = [...this.#open.keys()];
    for (let look = 0; look < LOOKS && (look === 0 || held.length > 0); look++) {
      await elapse(5);
      held = held.filter((id) => this.#open.get(id)?.resource.hasRef());
    }
    return held.map((id) => this.#open.get(id)!.type);
  }

  end(): void {
    this.#hook.disable();
    this.#open.clear();
  }
}
