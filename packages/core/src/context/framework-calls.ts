import type { Call } from "./call.js";
import { type CallHandle, handleOf } from "./call-handle.js";
import { context } from "./context.js";
import { type CurrentKey, isBelow } from "./frameworks.js";
import { type OpenCallOptions, open } from "./open-call.js";

/**
 * The calls that a framework tells of, each by a key of the framework's. What the program records in their code, by
 * `trace`, `emit` or an instrumented client, is below them. All objects for one framework know the same calls.
 */
export class FrameworkCalls {
  readonly #framework: string;

  /** @param currentKey Reads from the framework's own context in which call the present code runs. It may throw. */
  constructor(framework: string, currentKey: CurrentKey) {
    this.#framework = framework;
    context.frameworks.follow(framework, currentKey);
  }

  /**
   * @param options `parentId` is the call that the framework says is around it. Where the program made one in between, and
   *   that is still open, the new one is below that.
   */
  open(key: string, operation: string, options: OpenCallOptions): CallHandle {
    const { parentId } = options;
    const call = open(operation, { ...options, parentId: parentId && this.#innerId(parentId) });
    if (call?.isOpen) {
      this.name(key, call.startId);
      call.whenOver(() => this.forget(key, call.startId));
    }
    return handleOf(call);
  }

  find(key: string): CallHandle | undefined {
    const call = context.frameworks.find(this.#framework, key);
    // One of another copy of this package has the same methods.
    return call === undefined ? undefined : handleOf(call as Call);
  }

  /** Has an open call found by this key too, until it ends. The key has to be forgotten some time. */
  name(key: string, id: string): void {
    const call = context.open.find(id);
    if (call !== undefined) context.frameworks.add(this.#framework, key, call);
  }

  /** @param id Of the call that has the key: another may have it by now. */
  forget(key: string, id: string): void {
    context.frameworks.remove(this.#framework, key, id);
  }

  /** That of the call which the present code runs in, where it is below the given one; else the given one. */
  #innerId(parentId: string): string {
    const parent = context.open.find(parentId);
    // The framework's own context may be that of a call beside the one that it names.
    const around = context.frameworks.innermost(context.calls.getStore(), this.#framework);
    const isInner = parent !== undefined && around?.isOpen === true && isBelow(around, parent);
    return isInner ? around.startId : parentId;
  }
}
