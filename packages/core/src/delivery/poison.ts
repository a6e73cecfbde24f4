import type { TransportError, TransportErrorKind } from "../errors.js";
import type { Entry } from "./entry.js";

/** Deaths that say something of the lane's state, not of an event. */
const stateKinds: ReadonlySet<TransportErrorKind> = new Set([
  "not-found",
  "permission",
  "auth",
  "tls",
  "throttled",
  "topology-conflict",
]);

/** Only a broker that names the message as the reason accuses it: networks lose connections for nothing. */
const accusingKinds: ReadonlySet<TransportErrorKind> = new Set(["protocol", "too-large"]);

/** After so many deaths with it alone in flight, an event lets others go before it, whatever the reason. */
const DEATHS_TO_STAND_ASIDE = 3;

/**
 * Finds the event that kills its connection. Two deaths without a confirm between them start a search: what was in
 * flight goes again in halves, one batch at a time. An event that was alone in flight at a death is the suspect: on
 * the next connection a neighbour goes first, then the suspect, alone. It is convicted when the broker ends that
 * connection too, and says that a message is the reason.
 */
export class PoisonSearch {
  #deaths = 0;
  #remaining = 0;
  #limit = Number.POSITIVE_INFINITY;
  #suspect: Entry | undefined;
  /** On this connection something else was confirmed before the suspect. */
  #neighbourConfirmed = false;
  readonly #maxRetries: number;

  constructor(maxRetries: number) {
    this.#maxRetries = maxRetries;
  }

  /** While searching, batches go one at a time and hold at most {@link limit} events. */
  get active(): boolean {
    return this.#remaining > 0;
  }

  get limit(): number {
    return this.#suspect === undefined ? this.#limit : 1;
  }

  /** Whether a neighbour should go ahead of this one, to see if the connection is at fault. */
  standsAside(entry: Entry): boolean {
    return this.#suspect === entry && !this.#neighbourConfirmed;
  }

  /** One answer for several events: they go again in halves. */
  split(events: number): void {
    this.#search(events, Math.max(this.#remaining, events));
  }

  confirmed(events: number): void {
    this.#deaths = 0;
    if (!this.active) return;
    this.#neighbourConfirmed = this.#suspect !== undefined;
    this.#limit *= 2;
    this.settled(events);
  }

  /** Tells that events of the search are gone, for whatever reason. */
  settled(events: number): void {
    if (!this.active) return;
    this.#remaining -= events;
    if (!this.active) this.#end();
  }

  /** A connection died with these in flight. Gives the event that is guilty of it, where that is proven. */
  died(inFlight: readonly Entry[], error: TransportError | undefined): Entry | undefined {
    const neighbourConfirmed = this.#neighbourConfirmed;
    this.#neighbourConfirmed = false;
    const [first] = inFlight;
    if (first === undefined || (error !== undefined && stateKinds.has(error.kind))) return undefined;
    if (++this.#deaths < 2 && !this.active) return undefined;
    this.#search(inFlight.length, Math.max(this.#remaining, inFlight.length));
    if (inFlight.length > 1) return undefined;
    const wasSuspect = this.#suspect === first;
    const accused = error !== undefined && accusingKinds.has(error.kind);
    first.lonelyDeaths++;
    if (accused) first.accusations++;
    this.#suspect = accused || first.lonelyDeaths >= DEATHS_TO_STAND_ASIDE ? first : undefined;
    if (!accused) return undefined;
    // With no neighbour to try, it has its tries like any event that the broker refused.
    return (wasSuspect && neighbourConfirmed) || first.accusations > this.#maxRetries ? first : undefined;
  }

  /** The broker answered for it, or it is gone. */
  cleared(entry: Entry): void {
    if (this.#suspect === entry) this.#suspect = undefined;
  }

  #search(group: number, remaining: number): void {
    this.#remaining = remaining;
    this.#limit = Math.max(1, group >> 1);
  }

  #end(): void {
    this.#remaining = 0;
    this.#limit = Number.POSITIVE_INFINITY;
    this.#neighbourConfirmed = false;
    this.#suspect = undefined;
  }
}
