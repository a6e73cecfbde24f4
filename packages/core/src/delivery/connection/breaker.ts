import type { CircuitBreakerOptions } from "../options.js";
import type { CircuitState } from "../report.js";

/**
 * At most this share of the cooldown is added to it at random: many sinks that lose one broker open their circuits
 * together, and would otherwise come back together, cooldown after cooldown.
 */
const COOLDOWN_SPREAD = 0.5;

/**
 * The circuit breaker of one endpoint. It counts connections that failed, not events; those that fall
 * together count once: a failure counts only if none was counted since that connection was begun.
 */
export class Breaker {
  state: CircuitState = "closed";
  openUntil = 0;
  #failures = 0;
  #generation = 0;
  readonly #options: CircuitBreakerOptions | false;
  readonly #random: () => number;

  constructor(options: CircuitBreakerOptions | false, random: () => number) {
    this.#options = options;
    this.#random = random;
  }

  /**
   * Asks for permission to connect. Returns the generation to pass to {@link failed}, or `undefined` if refused.
   *
   * @param probe Connect even though the cooldown has not passed.
   */
  enter(now: number, probe: boolean): number | undefined {
    if (this.state === "half-open" && !probe) return undefined;
    if (this.state === "open") {
      if (now < this.openUntil && !probe) return undefined;
      this.state = "half-open";
    }
    return this.#generation;
  }

  failed(generation: number, now: number): void {
    if (this.#options === false || generation !== this.#generation) return;
    this.#generation++;
    this.#failures++;
    if (this.state !== "half-open" && this.#failures < this.#options.failureThreshold) return;
    this.state = "open";
    this.openUntil = now + this.#options.cooldownMs * (1 + COOLDOWN_SPREAD * this.#random());
  }

  /** The endpoint accepted a connection. */
  connected(): void {
    this.state = "closed";
  }

  /** The endpoint answered for an event, which clears earlier failures. */
  proven(): void {
    this.#failures = 0;
  }

  /** A probe ended without an answer, for example by `stop()`. */
  abandoned(): void {
    if (this.state === "half-open") this.state = "open";
  }
}
