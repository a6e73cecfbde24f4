import type { CallAround } from "./call-around.js";

/** Returns the key of the framework's call that the current code runs in. */
export type CurrentKey = () => string | undefined;

/** The open calls that frameworks report, by framework and key, and how to ask each framework for its current call. */
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
   * The innermost call that the current code runs in.
   *
   * @param entered The current call according to this package's own context: it wins unless a framework's call is below it.
   * @param except A framework that is not to be asked.
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

/** Reading a framework's context must not break the program if the framework changes it. */
function keyOf(currentKey: CurrentKey): string | undefined {
  try {
    return currentKey();
  } catch {
    return undefined;
  }
}

const maxDepth = 1000;

export function isBelow(call: CallAround, other: CallAround): boolean {
  let above = call.parent;
  for (let depth = 0; above !== undefined && depth < maxDepth; depth++) {
    if (above === other) return true;
    above = above.parent;
  }
  return false;
}
