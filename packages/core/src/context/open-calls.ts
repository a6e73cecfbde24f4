import { AsyncResource } from "node:async_hooks";
import type { CallAround } from "./call-around.js";
import type { Configuration } from "./configuration.js";

const lookMs = 1000;
/** Whose end a reader or the program has to tell. */
const mostTold = 10_000;
/** Whose promise will be settled some time; one that nobody holds any more never is. */
const mostPromised = 100_000;

/** The calls that go on: each is ended in the end, whatever becomes of what it gave. */
export class OpenCalls {
  /** The oldest first, by the id of their `start`. */
  readonly #told = new Map<string, CallAround>();
  readonly #promised = new Map<string, CallAround>();
  #timer: NodeJS.Timeout | undefined;
  /** Of no call and no request: the timer is everybody's. */
  readonly #outside = new AsyncResource("streamll.open-calls");

  get size(): number {
    return this.#told.size + this.#promised.size;
  }

  find(id: string): CallAround | undefined {
    return this.#told.get(id) ?? this.#promised.get(id);
  }

  /** @param isPromised Whether it ends by itself: no idle limit holds for it. */
  add(call: CallAround, isPromised: boolean): void {
    const [to, from, most] = isPromised
      ? [this.#promised, this.#told, mostPromised]
      : [this.#told, this.#promised, mostTold];
    from.delete(call.startId);
    to.set(call.startId, call);
    if (to.size > most) this.#evict(to, call);
    this.#timer ??= this.#outside.runInAsyncScope(setInterval, undefined, () => this.#look(), lookMs);
    this.#timer?.unref();
  }

  remove(call: CallAround): void {
    if (!this.#told.delete(call.startId)) this.#promised.delete(call.startId);
  }

  /** Ends those that a `configure` recorded; all, where none is named. */
  cancelAll(configuration?: Configuration): void {
    // Those that began last are below the others.
    const all = [...this.#promised.values(), ...this.#told.values()].reverse();
    for (const call of all) {
      if (configuration === undefined || call.configuration === configuration) call.cancel("stop");
    }
  }

  /** Has the tokens told that wait for more. */
  flush(configuration: Configuration): void {
    for (const calls of [this.#told, this.#promised]) {
      for (const call of calls.values()) if (call.configuration === configuration) call.reading?.flush();
    }
  }

  #evict(calls: ReadonlyMap<string, CallAround>, added: CallAround): void {
    const [oldest] = calls.values();
    const message = `more than ${calls.size - 1} calls are open at once; the oldest end as cancelled`;
    added.configuration.complain("open calls", message, "not_recorded");
    oldest?.cancel("limit");
  }

  #look(): void {
    const now = performance.now();
    for (const call of [...this.#told.values()].reverse()) if (call.isIdle(now)) call.cancel("idle");
    if (this.size > 0) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
  }
}
