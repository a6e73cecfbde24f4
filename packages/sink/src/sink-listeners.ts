import type { DeliveryEngine, EngineEvents, EngineFailure } from "@streamll/core/internal";
import { type Failure, failureOf } from "./failure.js";
import type { SinkEvents } from "./sink-events.js";

/** The listeners of a sink: the engine has another one in the place of each that is told of failures. */
export class SinkListeners {
  readonly #engine: DeliveryEngine;
  /** By the user's listener, for as long as that one lives. */
  readonly #wrapped = new WeakMap<object, (failure: EngineFailure) => void>();

  constructor(engine: DeliveryEngine) {
    this.#engine = engine;
  }

  on<K extends keyof SinkEvents>(name: K, listener: (...args: SinkEvents[K]) => void): void {
    this.#engine.on(name, this.#forEngine(name, listener));
  }

  off<K extends keyof SinkEvents>(name: K, listener: (...args: SinkEvents[K]) => void): void {
    this.#engine.off(name, this.#forEngine(name, listener));
  }

  #forEngine<K extends keyof SinkEvents>(name: K, listener: (...args: SinkEvents[K]) => void) {
    type ForEngine = (...args: EngineEvents[K]) => void;
    if (name !== "failed" && name !== "dropped") return listener as unknown as ForEngine;
    const known = this.#wrapped.get(listener);
    const wrapped = known ?? ((failure) => (listener as (failure: Failure) => void)(failureOf(failure)));
    this.#wrapped.set(listener, wrapped);
    return wrapped as unknown as ForEngine;
  }
}
