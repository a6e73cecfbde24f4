import type { CallAround } from "./call-around.js";

/** Gives the key of the call of a framework that the present code runs in. */
export type CurrentKey = () => string | undefined;

/** The open calls that frameworks tell of, by keys of theirs, and how each says which one the present code runs in. */
export class Frameworks {
  readonly #currentKeys = new Map<string, CurrentKey>();
  readonly #calls = new Map<string, CallAround>();

  follow(framework: string, currentKey: CurrentKey): void {
    this.#currentKeys.set(framework, currentKey);
  }

  add(framework: string, key: string, call: CallAround): void {
    this.#calls.set(nameOf(framework, key), call);
  }

  remove(framework: string, key: string, id: string): void {
    const name = nameOf(framework, key);
    if (this.#calls.get(name)?.startId === id) this.#calls.delete(name);
  }

  find(framework: string, key: string): CallAround | undefined {
    const call = this.#calls.get(nameOf(framework, key));
    return call?.isOpen ? call : undefined;
  }

  /**
   * The innermost call that the present code runs in.
   *
   * @param entered What it runs in by this package's own context: it counts, unless a framework's call is below it.
   * @param except A framework that is not asked.
   */
  innermost(entered: CallAround | undefined, except?: string): CallAround | undefined {
    let innermost = entered;
    if (this.#calls.size === 0) return innermost;
    for (const [framework, currentKey] of this.#currentKeys) {
      if (framework === except) continue;
      const key = keyOf(currentKey);
      const call = key === undefined ? undefined : this.find(framework, key);
      if (call !== undefined && (innermost === undefined || isBelow(call, innermost))) innermost = call;
    }
    return innermost;
  }
}

const nameOf = (framework: string, key: string): string => `${framework} ${key}`;

/** It reads what is the framework's. */
function keyOf(currentKey: CurrentKey): string | undefined {
  try {
    return currentKey();
  } catch {
    return undefined;
  }
}

const mostAbove = 1000;

export function isBelow(call: CallAround, other: CallAround): boolean {
  let above = call.parent;
  for (let depth = 0; above !== undefined && depth < mostAbove; depth++) {
    if (above === other) return true;
    above = above.parent;
  }
  return false;
}
