import { type CallHandle, type OpenCallOptions, openCall } from "@streamll/core";

/** Calls that are open, by the ids that a framework gives them. Core bounds how many are, and ends each. */
export class CallTable<K> {
  readonly #calls = new Map<K, CallHandle>();

  get size(): number {
    return this.#calls.size;
  }

  open(key: K, operation: string, options: OpenCallOptions): CallHandle {
    const call = openCall(operation, options);
    if (!call.isOpen) return call;
    // A framework that gives an id twice has forgotten the first call of it.
    this.#calls.get(key)?.cancel();
    this.#calls.set(key, call);
    call.onEnd(() => {
      if (this.#calls.get(key) === call) this.#calls.delete(key);
    });
    return call;
  }

  get(key: K): CallHandle | undefined {
    return this.#calls.get(key);
  }
}
