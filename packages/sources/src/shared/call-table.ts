import { type CallHandle, type OpenCallOptions, openCall } from "@streamll/core";
import { FrameworkCalls } from "@streamll/core/internal";

/** A framework that knows at any time which of its calls is the current one. */
export interface Framework {
  readonly name: string;
  /** Returns the key of that call from the framework's own context. */
  readonly currentKey: () => string | undefined;
}

/** Limits how many left-out calls are remembered, in case the framework does not report their ends. */
const maxLeftOut = 10_000;

interface LeftOut {
  readonly parentKey: string | undefined;
  /** The call that the program's own calls are placed below instead. */
  readonly aroundId: string | undefined;
}

/** The open calls by the framework's ids. Core limits how many there are, and ends each of them. */
export class CallTable {
  readonly #calls = new Map<string, CallHandle>();
  readonly #leftOut = new Map<string, LeftOut>();
  readonly #framework: FrameworkCalls | undefined;

  /** @param framework Default: none, so that the program's own calls are not placed below the framework's. */
  constructor(framework?: Framework) {
    this.#framework = framework && new FrameworkCalls(framework.name, framework.currentKey);
  }

  get size(): number {
    return this.#calls.size;
  }

  open(key: string, operation: string, options: OpenCallOptions): CallHandle {
    const call = this.#framework?.open(key, operation, options) ?? openCall(operation, options);
    if (!call.isOpen) return call;
    // A framework that uses an id again has abandoned its first call.
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

  /** Leaves a call out of the record: its children are placed below its parent. */
  leaveOut(key: string, parentKey: string | undefined): void {
    const around = this.around(parentKey);
    if (around !== undefined) this.#framework?.name(key, around.id);
    this.#leftOut.set(key, { parentKey, aroundId: around?.id });
    if (this.#leftOut.size > maxLeftOut) this.forget(this.#leftOut.keys().next().value as string);
  }

  /** A call that was left out has ended. */
  forget(key: string): void {
    const { aroundId } = this.#leftOut.get(key) ?? {};
    if (aroundId !== undefined) this.#framework?.forget(key, aroundId);
    this.#leftOut.delete(key);
  }

  /** The call with this key; if that is left out, its nearest recorded ancestor. */
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
