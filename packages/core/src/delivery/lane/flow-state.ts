import { told } from "../../redact.js";
import type { Flow } from "../../transport.js";
import type { Clock } from "../clock.js";

/** How much a connection accepts, and since when it accepts nothing. */
export class FlowState {
  readonly #clock: Clock;
  credit = 0;
  /** Why the broker blocks the connection, in its own words. */
  blocked: string | undefined;
  #congestedAt: number | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** For how long the connection has accepted nothing without giving a reason, in milliseconds. */
  get congestion(): number {
    return this.#congestedAt === undefined ? 0 : this.#clock.now() - this.#congestedAt;
  }

  /** Returns whether the reason has changed. */
  changed({ credit, blocked }: Flow): boolean {
    const before = this.blocked;
    this.credit = credit;
    this.blocked = blocked === undefined ? undefined : told(blocked);
    const congested = credit <= 0 && blocked === undefined;
    this.#congestedAt = congested ? (this.#congestedAt ?? this.#clock.now()) : undefined;
    return this.blocked !== before;
  }

  reset(): void {
    this.credit = 0;
    this.blocked = undefined;
    this.#congestedAt = undefined;
  }
}
