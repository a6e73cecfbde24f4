import { nameOfError, runCallback } from "../callback.js";
import type { Clock } from "../delivery/clock.js";
import type { Logger } from "../logger.js";
import { logLine } from "./log-lines.js";

type Listener = (...args: unknown[]) => unknown;

/**
 * Tells listeners what happened, never in the middle of the work: a listener may call back into the engine. What it
 * throws, or rejects with, is caught and logged once.
 */
export class EventDispatcher<Events extends { [K in keyof Events]: unknown[] }> {
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #listeners = new Map<keyof Events, Set<Listener>>();
  #pending: { name: keyof Events; args: unknown[] }[] = [];
  /** Bytes that are held until listeners have heard of them. */
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

  /** Whether anybody listens. */
  isHeard(name: keyof Events): boolean {
    return (this.#listeners.get(name)?.size ?? 0) > 0;
  }

  /** A listener runs now, and is the caller if anybody is. */
  get dispatching(): boolean {
    return this.#dispatching;
  }

  /** Tells what is untold by now; what listeners cause by it is told later. */
  drain(): void {
    // A listener that hands over an event comes by here again.
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
        const message = `a listener of "${String(name)}" threw ${nameOfError(error)} (said once)`;
        logLine(this.#logger, "callback_failed", { about: String(name) }, message);
      },
    );
  }
}
