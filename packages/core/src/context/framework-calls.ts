import type { Call } from "./call.js";
import { type CallHandle, handleOf } from "./call-handle.js";
import { context } from "./context.js";
import { type CurrentKey, isBelow } from "./frameworks.js";
import { type OpenCallOptions, open } from "./open-call.js";

/**
 * The open calls that a framework reports, by the framework's own keys. What the program records inside them, by
 * `trace`, `emit` or an instrumented client, is placed below them. All objects for one framework share their calls.
 */
export class FrameworkCalls {
  readonly #framework: string;

  /** @param currentKey Reads the key of the current call from the framework's own context. It may throw. */
  constructor(framework: string, currentKey: CurrentKey) {
    this.#framework = framework;
    context.frameworks.follow(framework, currentKey);
  }

  /**
   * @param options `parentId` is the enclosing call according to the framework. If the program opened a call in between
   *   that is still open, the new call is placed below that one.
   */
  open(key: string, operation: string, options: OpenCallOptions): CallHandle {
    const { parentId } = options;
    const call = open(operation, { ...options, parentId: parentId && this.#innerId(parentId) });
    if (call?.isOpen) {
      this.name(key, call.startId);
      call.onceEnded(() => this.forget(key, call.startId));
    }
    return handleOf(call);
  }

  find(key: string): CallHandle | undefined {
    const call = context.frameworks.find(this.#framework, key);
    // A call of another loaded copy of this package has the same methods.
    return call === undefined ? undefined : handleOf(call as Call);
  }

  /** Lets `find` return an open call by this key too, until the call ends. The caller has to `forget` the key later. */
  name(key: string, id: string): void {
    const call = context.open.find(id);
    if (call !== undefined) context.frameworks.add(this.#framework, key, call);
  }

  /** @param id The call that the key was for: another call may have the key by now. */
  forget(key: string, id: string): void {
    context.frameworks.remove(this.#framework, key, id);
  }

  /** The id of the call that the current code runs in, if that is below the given call; else the given id. */
  #innerId(parentId: string): string {
    const parent = context.open.find(parentId);
    // This framework is not asked: its context may hold a sibling of the call that it names as the parent.
    const around = context.frameworks.innermost(context.calls.getStore(), this.#framework);
    const isInner = parent !== undefined && around?.isOpen === true && isBelow(around, parent);
    return isInner ? around.startId : parentId;
  }
}
