import { nameOfError, runCallback } from "../callback.js";
import { say } from "../log-lines.js";
import type { Logger } from "../logger.js";
import type { Clock } from "./clock.js";

type Listener = (...args: unknown[]) => unknown;

/**
 * Tells listeners what happened, never in the middle of the work: a listener may call back into the engine.
 * What it throws, or rejects with, is caught and logged once.
 */
export class Notices<Events extends { [K in keyof Events]: unknown[] }> {
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #listeners = new Map<keyof Events, Set<Listener>>();
  #untold: { name: keyof Events; args: unknown[] }[] = [];
  /** Bytes that are held until they are told. */
  untoldBytes = 0;
  #scheduled: (() => void) | undefined;
  #telling = false;
  #complained = false;

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

  tell<K extends keyof Events>(name: K, args: Events[K], bytes = 0): void {
    if (!this.#listeners.get(name)?.size) return;
    this.#untold.push({ name, args });
    this.untoldBytes += bytes;
    this.#scheduled ??= this.#clock.afterPoll(() => this.drain());
  }

  /** A listener is being told, and calls if anything does. */
  get telling(): boolean {
    return this.#telling;
  }

  /** Tells what is untold by now; what listeners cause by it is told later. */
  drain(): void {
    // A listener that hands over an event comes by here again.
    if (this.#telling) return;
    this.#telling = true;
    this.#scheduled?.();
    this.#scheduled = undefined;
    this.untoldBytes = 0;
    for (const { name, args } of this.#untold.splice(0)) {
      for (const listener of this.#listeners.get(name) ?? []) this.#call(listener, name, args);
    }
    this.#telling = false;
  }

  #call(listener: Listener, name: keyof Events, args: unknown[]): void {
    runCallback(
      () => listener(...args),
      (error) => {
        if (this.#complained) return;
        this.#complained = true;
        const message = `a listener of "${String(name)}" threw ${nameOfError(error)} (said once)`;
        say(this.#logger, "callback_failed", { about: String(name) }, message);
      },
    );
  }
}
