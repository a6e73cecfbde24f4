import type { TransportError } from "../errors.js";
import type { Entry } from "./entry.js";

/** Deaths that say something of the lane's state, not of an event: they convict nobody. */
const stateKinds: ReadonlySet<string> = new Set([
  "not-found",
  "permission",
  "auth",
  "tls",
  "throttled",
  "topology-conflict",
]);

/** A broker that names the message as the reason needs no third witness; a broken wire does. */
const accusingKinds: ReadonlySet<string> = new Set(["protocol", "too-large"]);
const DEATHS_WITHOUT_ACCUSATION = 3;

/**
 * Finds the event that kills its connection. Two deaths without a confirm between them start a search: what
 * was in flight goes again in halves, one batch at a time. An event is convicted when it was alone in flight
 * at a death and a neighbour was confirmed on a connection like it.
 */
export class PoisonSearch {
  #deaths = 0;
  #remaining = 0;
  #limit = Number.POSITIVE_INFINITY;
  #neighbourConfirmed = false;
  #suspect: Entry | undefined;
  readonly #maxRetries: number;

  constructor(maxRetries: number) {
    this.#maxRetries = maxRetries;
  }

  /** While searching, batches go one at a time and hold at most {@link limit} events. */
  get active(): boolean {
    return this.#remaining > 0;
  }

  get limit(): number {
    return this.#limit;
  }

  /** Whether a neighbour should go ahead of this one, to see if the connection is at fault. */
  standsAside(entry: Entry): boolean {
    return this.#suspect === entry;
  }

  /** One answer for several events: they go again in halves. */
  split(events: number): void {
    this.#search(events, Math.max(this.#remaining, events));
  }

  confirmed(events: number): Entry | undefined {
    this.#deaths = 0;
    if (!this.active) return undefined;
    this.#neighbourConfirmed = true;
    this.#remaining -= events;
    this.#limit *= 2;
    if (!this.active) this.#end();
    const guilty = this.#suspect;
    this.#suspect = undefined;
    return guilty;
  }

  /** Tells that an event of the search is gone for another reason. */
  settled(events: number): void {
    if (!this.active) return;
    this.#remaining -= events;
    if (!this.active) this.#end();
  }

  /** A connection died with these in flight. Gives the event that is guilty of it, where that is proven. */
  died(inFlight: readonly Entry[], error: TransportError | undefined): Entry | undefined {
    const [first] = inFlight;
    if (first === undefined || stateKinds.has(error?.kind ?? "")) return undefined;
    this.#suspect = undefined;
    if (++this.#deaths < 2 && !this.active) return undefined;
    this.#search(inFlight.length, Math.max(this.#remaining, inFlight.length));
    if (inFlight.length > 1) return undefined;
    first.lonelyDeaths++;
    const accused = accusingKinds.has(error?.kind ?? "");
    // With no neighbour to try, an event that the broker names as the reason has its tries like any refused one.
    if (accused && first.lonelyDeaths > this.#maxRetries) return first;
    if (!accused && first.lonelyDeaths < DEATHS_WITHOUT_ACCUSATION) return undefined;
    if (this.#neighbourConfirmed) return first;
    this.#suspect = first;
    return undefined;
  }

  #search(group: number, remaining: number): void {
    this.#remaining = remaining;
    this.#limit = Math.max(1, group >> 1);
  }

  #end(): void {
    this.#remaining = 0;
    this.#limit = Number.POSITIVE_INFINITY;
    this.#neighbourConfirmed = false;
  }
}
