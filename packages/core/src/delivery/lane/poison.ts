import { TransportError, type TransportErrorKind } from "../../errors.js";

/** Errors about the state of the lane, not about an event. */
export const laneKinds: ReadonlySet<TransportErrorKind> = new Set([
  "not-found",
  "permission",
  "auth",
  "tls",
  "throttled",
  "topology-conflict",
]);

/** Only a broker that names a message as the reason blames it, as networks lose connections without a cause. */
const blamingKinds: ReadonlySet<TransportErrorKind> = new Set(["protocol", "too-large"]);

/** Whether the broker ended a connection because of a message. */
export const blamesMessage = (error: TransportError | undefined): boolean =>
  error !== undefined && blamingKinds.has(error.kind);

/** What an event fails with that was found to end its connections. */
export const isolation = (cause: TransportError): TransportError =>
  new TransportError(cause.kind, `alone in flight when the broker ended the connection: ${cause.message}`, {
    permanent: true,
    cause,
  });

/** After this many disconnects with it alone in flight, an event lets others go first, whatever the reason. */
const DISCONNECTS_TO_STAND_ASIDE = 3;

/** Connections that ended while an event was alone in flight on them. */
interface Disconnects {
  solo: number;
  /** Of those, the connections that the broker ended because of a message. */
  blamed: number;
}

/**
 * Finds the event that ends its connection. Two disconnects without a confirm between them start a search: what was in
 * flight is sent again in halves, one batch at a time. An event that was alone in flight at a disconnect is the suspect:
 * on the next connection a neighbour is sent first, then the suspect, alone. It is isolated if the broker ends that
 * connection too, and says that a message is the reason.
 */
export class PoisonSearch {
  #disconnects = 0;
  /** By slot. */
  readonly #ofEvents = new Map<number, Disconnects>();
  #remaining = 0;
  #limit = Number.POSITIVE_INFINITY;
  #suspect: number | undefined;
  /** Whether something else was confirmed before the suspect on this connection. */
  #neighbourConfirmed = false;
  readonly #maxRetries: number;

  constructor(maxRetries: number) {
    this.#maxRetries = maxRetries;
  }

  /** During a search, batches are sent one at a time with at most {@link limit} events. */
  get active(): boolean {
    return this.#remaining > 0;
  }

  get limit(): number {
    return this.#suspect === undefined ? this.#limit : 1;
  }

  /** Whether a neighbour should be sent before this event, to see if the connection is at fault. */
  standsAside(slot: number): boolean {
    return this.#suspect === slot && !this.#neighbourConfirmed;
  }

  /** One answer for several events: they are sent again in halves. */
  split(events: number): void {
    this.#search(events, Math.max(this.#remaining, events));
  }

  confirmed(events: number): void {
    this.#disconnects = 0;
    if (!this.active) return;
    this.#neighbourConfirmed = this.#suspect !== undefined;
    this.#limit *= 2;
    this.settled(events);
  }

  /** Events of the search have left the lane, for whatever reason. */
  settled(events: number): void {
    if (!this.active) return;
    this.#remaining -= events;
    if (!this.active) this.#end();
  }

  /** A connection ended with these events in flight. Returns the event that caused it, if that is proven. */
  disconnected(inFlight: readonly number[], error: TransportError | undefined): number | undefined {
    const neighbourConfirmed = this.#neighbourConfirmed;
    this.#neighbourConfirmed = false;
    const [first] = inFlight;
    if (first === undefined || (error !== undefined && laneKinds.has(error.kind))) return undefined;
    if (++this.#disconnects < 2 && !this.active) return undefined;
    this.#search(inFlight.length, Math.max(this.#remaining, inFlight.length));
    if (inFlight.length > 1) return undefined;
    const wasSuspect = this.#suspect === first;
    const blamed = blamesMessage(error);
    const ofEvent = this.#ofEvents.get(first) ?? { solo: 0, blamed: 0 };
    this.#ofEvents.set(first, ofEvent);
    ofEvent.solo++;
    if (blamed) ofEvent.blamed++;
    this.#suspect = blamed || ofEvent.solo >= DISCONNECTS_TO_STAND_ASIDE ? first : undefined;
    if (!blamed) return undefined;
    // Without a neighbour to try, it uses up its attempts like any event that the broker refused.
    return (wasSuspect && neighbourConfirmed) || ofEvent.blamed > this.#maxRetries ? first : undefined;
  }

  /** The broker answered for the event. */
  cleared(slot: number): void {
    if (this.#suspect === slot) this.#suspect = undefined;
  }

  /** The event has left the lane. */
  left(slot: number): void {
    this.cleared(slot);
    if (this.#ofEvents.size > 0) this.#ofEvents.delete(slot);
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
