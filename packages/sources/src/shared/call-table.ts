import { type CallHandle, type OpenCallOptions, openCall } from "@streamll/core";
import { FrameworkCalls } from "@streamll/core/internal";

/** A framework that knows at any time which of its calls the present code runs in. */
export interface Framework {
  readonly name: string;
  /** The key of that call, read from the framework's own context. */
  readonly currentKey: () => string | undefined;
}

/** A call that is not told of, but ends some time, must not fill the memory where that is not told either. */
const mostLeftOut = 10_000;

interface LeftOut {
  readonly parentKey: string | undefined;
  /** The call that the program's own are below meanwhile. */
  readonly aroundId: string | undefined;
}

/** Calls that are open, by the ids that a framework gives them. Core bounds how many are, and ends each. */
export class CallTable {
  readonly #calls = new Map<string, CallHandle>();
  readonly #leftOut = new Map<string, LeftOut>();
  readonly #framework: FrameworkCalls | undefined;

  /** @param framework Whose calls those of the program are below, where they are made in its code. */
  constructor(framework?: Framework) {
    this.#framework = framework && new FrameworkCalls(framework.name, framework.currentKey);
  }

  get size(): number {
    return this.#calls.size;
  }

  open(key: string, operation: string, options: OpenCallOptions): CallHandle {
    const call = this.#framework?.open(key, operation, options) ?? openCall(operation, options);
    if (!call.isOpen) return call;
    // A framework that gives an id twice has forgotten the first call of it.
    this.#calls.get(key)?.cancel();
    this.#calls.set(key, call);
    call.onEnd(() => {
      if (this.#calls.get(key) === call) this.#calls.delete(key);
    });
    return call;
  }

  get(key: string): CallHandle | undefined {
    return this.#calls.get(key);
  }

  /** Remembers one that is not told of: those below it are below the call around it. */
  leaveOut(key: string, parentKey: string | undefined): void {
    const around = this.around(parentKey);
    if (around !== undefined) this.#framework?.name(key, around.id);
    this.#leftOut.set(key, { parentKey, aroundId: around?.id });
    if (this.#leftOut.size > mostLeftOut) this.forget(this.#leftOut.keys().next().value as string);
  }

  /** One that is not told of is over. */
  forget(key: string): void {
    const { aroundId } = this.#leftOut.get(key) ?? {};
    if (aroundId !== undefined) this.#framework?.forget(key, aroundId);
    this.#leftOut.delete(key);
  }

  /** The call with this key; where that is not told of, the one around it. */
  around(key: string | undefined): CallHandle | undefined {
    let at = key;
    for (let depth = 0; at !== undefined && depth < 100; depth++) {
      const leftOut = this.#leftOut.get(at);
      if (leftOut === undefined) return this.#calls.get(at);
      at = leftOut.parentKey;
    }
    return undefined;
  }
}
