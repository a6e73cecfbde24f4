import { AsyncResource } from "node:async_hooks";
import type { CallAround } from "./call-around.js";
import type { Configuration } from "./configuration.js";

const sweepMs = 1000;
/** The most calls that wait for a reader or the program to end them. */
const maxManual = 10_000;
/** The most calls that wait for a promise. One that is never settled would stay for ever. */
const maxPromised = 100_000;

/** All open calls. Makes sure that each of them ends, whatever happens to its result. */
export class OpenCalls {
  /** By the id of their `start`, oldest first. */
  readonly #manual = new Map<string, CallAround>();
  readonly #promised = new Map<string, CallAround>();
  #timer: NodeJS.Timeout | undefined;
  /** Keeps the shared timer out of the async context of the call or request that happened to start it. */
  readonly #outside = new AsyncResource("streamll.open-calls");

  get size(): number {
    return this.#manual.size + this.#promised.size;
  }

  find(id: string): CallAround | undefined {
    return this.#manual.get(id) ?? this.#promised.get(id);
  }

  /** @param isPromised Whether a promise ends the call, so that it has no idle limit. */
  add(call: CallAround, isPromised: boolean): void {
    const [to, from, most] = isPromised
      ? [this.#promised, this.#manual, maxPromised]
      : [this.#manual, this.#promised, maxManual];
    from.delete(call.startId);
    to.set(call.startId, call);
    if (to.size > most) this.#evict(to, call);
    this.#timer ??= this.#outside.runInAsyncScope(setInterval, undefined, () => this.#sweep(), sweepMs);
    this.#timer?.unref();
  }

  remove(call: CallAround): void {
    if (!this.#manual.delete(call.startId)) this.#promised.delete(call.startId);
  }

  /** Cancels the calls of a configuration; all calls if none is named. */
  cancelAll(configuration?: Configuration): void {
    // The youngest first, as they are below the others.
    const all = [...this.#promised.values(), ...this.#manual.values()].reverse();
    for (const call of all) {
      if (configuration === undefined || call.configuration === configuration) call.cancel("stop");
    }
  }

  /** Emits the tokens that wait to be coalesced with later ones. */
  flush(configuration: Configuration): void {
    for (const calls of [this.#manual, this.#promised]) {
      for (const call of calls.values()) if (call.configuration === configuration) call.reading?.flush();
    }
  }

  #evict(calls: ReadonlyMap<string, CallAround>, added: CallAround): void {
    const [oldest] = calls.values();
    const message = `more than ${calls.size - 1} calls are open at once; the oldest end as cancelled`;
    added.configuration.warnOnce("open calls", message, "not_recorded");
    oldest?.cancel("limit");
  }

  #sweep(): void {
    const now = performance.now();
    for (const call of [...this.#manual.values()].reverse()) if (call.isIdle(now)) call.cancel("idle");
    if (this.size > 0) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
  }
}
