import { nameOfError, runCallback } from "../callback.js";
import type { Clock } from "../delivery/clock.js";
import type { Logger } from "../logger.js";
import { logLine } from "./log-lines.js";

type Listener = (...args: unknown[]) => unknown;

/**
 * Calls listeners after the current work is done, never in the middle of it, since a listener may call back into the
 * engine. What a listener throws, or rejects with, is caught and logged once.
 */
export class EventDispatcher<Events extends { [K in keyof Events]: unknown[] }> {
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #listeners = new Map<keyof Events, Set<Listener>>();
  #pending: { name: keyof Events; args: unknown[] }[] = [];
  /** Bytes of events that are held until listeners have been called with them. */
  pendingBytes = 0;
  #scheduled: (() => void) | undefined;
  #dispatching = false;
  #hasComplained = false;

  constructor(clock: Clock, logger: Logger) {
    this.#clock = clock;
    this.#logger = logger;
  }

  on<K extends keyof Events>(name: K, listener: (...args: Events[K]) => void): void {
    const listeners = this.#listeners.get(name) ?? new Set();
    this.#listeners.set(name, listeners.add(listener as unknown as Listener));
  }

  off<K extends keyof Events>(name: K, listener: (...args: Events[K]) => void): void {
    this.#listeners.get(name)?.delete(listener as unknown as Listener);
  }

  emit<K extends keyof Events>(name: K, args: Events[K], bytes = 0): void {
    if (!this.isHeard(name)) return;
    this.#pending.push({ name, args });
    this.pendingBytes += bytes;
    this.#scheduled ??= this.#clock.afterPoll(() => this.drain());
  }

  /** Whether the event has a listener. */
  isHeard(name: keyof Events): boolean {
    return (this.#listeners.get(name)?.size ?? 0) > 0;
  }

  /** Whether a listener runs now, so that the present call comes from it. */
  get dispatching(): boolean {
    return this.#dispatching;
  }

  /** Emits what is pending now. What listeners cause meanwhile is emitted later. */
  drain(): void {
    // A listener that hands over an event calls this again.
    if (this.#dispatching) return;
    this.#dispatching = true;
    this.#scheduled?.();
    this.#scheduled = undefined;
    this.pendingBytes = 0;
    for (const { name, args } of this.#pending.splice(0)) {
      for (const listener of this.#listeners.get(name) ?? []) this.#call(listener, name, args);
    }
    this.#dispatching = false;
  }

  #call(listener: Listener, name: keyof Events, args: unknown[]): void {
    runCallback(
      () => listener(...args),
      (error) => {
        if (this.#hasComplained) return;
        this.#hasComplained = true;
        const message = `a listener of "${String(name)}" threw ${nameOfError(error)} (logged once)`;
        logLine(this.#logger, "callback_failed", { about: String(name) }, message);
      },
    );
  }
}
