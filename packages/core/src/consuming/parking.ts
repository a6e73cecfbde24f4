import { fullJitter } from "../delivery/backoff.js";
import type { Clock } from "../delivery/clock.js";
import { Pause } from "../delivery/pause.js";
import { withResolvers } from "../delivery/promises.js";
import type { Endpoint } from "../endpoint.js";
import type { TransportError } from "../errors.js";
import type { MessageHeaders } from "../message.js";
import type { HealthIssue } from "../telemetry/health-checks.js";
import type { LogThrottle } from "../telemetry/log-throttle.js";
import type { OutboundMessage, PublishOutcome, Transport } from "../transport.js";
import type { Received } from "./handling.js";
import type { ConsumingOptions } from "./options.js";
import { Relay, relayedCopy } from "./relay.js";
import type { Verdict } from "./seam.js";

/** A delivery that cannot be parked is kept no longer: the broker waits 30 minutes for a settlement. */
const MOST_KEPT_MS = 10 * 60_000;
/** Headers share one frame with all other properties. */
const LONGEST_TEXT = 1000;
const untried: Verdict = { kind: "again", failed: false };

/** Where the engine itself puts dead letters, and how it gets there. */
export interface ParkingRequest {
  /** Of a transport with confirms and `mandatory`, whose consuming `relays`. */
  readonly connect: Transport["connect"];
  readonly exchange: string;
  /** Absent: each letter keeps its own. */
  readonly routingKey?: string | undefined;
}

export interface ParkingSetup {
  readonly request: ParkingRequest;
  readonly endpoints: readonly Endpoint[];
  readonly options: ConsumingOptions;
  readonly clock: Clock;
  readonly random: () => number;
  readonly throttle: LogThrottle;
  /**
   * @param toBroker the verdict as the broker is to hear it.
   * @param verdict what has become of the delivery.
   */
  settle(received: Received, toBroker: Verdict, verdict: Verdict, told: (() => void) | undefined): void;
}

type Dead = Verdict & { readonly kind: "dead" };

interface Parked {
  readonly received: Received;
  readonly verdict: Dead;
  readonly attempts: number;
  readonly pause: Pause;
  told: (() => void) | undefined;
}

/**
 * Puts dead letters with their reason where the broker would leave it out: the letter is published and confirmed, and
 * only then is the delivery done. A delivery whose letter nobody takes is kept and tried again, with a pause.
 */
export class Parking {
  readonly #setup: ParkingSetup;
  readonly #relay: Relay;
  readonly #kept = new Set<Parked>();
  #problem: TransportError | undefined;
  #isStopping = false;
  #idle: (() => void) | undefined;

  constructor(setup: ParkingSetup) {
    const { request, endpoints, options, clock } = setup;
    const { connectionTimeoutMs } = options;
    this.#setup = setup;
    this.#relay = new Relay({ connect: request.connect, endpoints, clock, connectionTimeoutMs });
  }

  /** Deliveries whose letters are not confirmed. */
  get size(): number {
    return this.#kept.size;
  }

  /** Why letters are not taken, as long as they are not. */
  problem(): HealthIssue | undefined {
    const problem = this.#problem;
    return problem && { about: "parking", code: "PARKING_FAILED", message: this.#textOf(problem) };
  }

  /**
   * @param attempts how often the delivery was tried.
   * @param told called exactly once, when the broker was told or cannot be, or when nobody takes the letter now.
   */
  park(received: Received, verdict: Dead, attempts: number, told?: () => void): void {
    void this.#park({ received, verdict, attempts, told, pause: new Pause(this.#setup.clock) });
  }

  /** The connection is lost: all that is kept comes again. */
  forget(): void {
    const lost = [...this.#kept];
    this.#kept.clear();
    this.#problem = undefined;
    for (const one of lost) {
      one.pause.cut();
      // It tells whoever asked that it is lost.
      this.#setup.settle(one.received, untried, untried, one.told);
    }
    this.#idle?.();
  }

  /** Tries nothing again. Resolves when each letter has its answer. */
  stop(): Promise<void> {
    this.#isStopping = true;
    for (const { pause } of this.#kept) pause.cut();
    if (this.#kept.size === 0) return Promise.resolve();
    const { promise, resolve } = withResolvers<void>();
    this.#idle = () => resolve();
    return promise;
  }

  /** What has no answer yet goes back to its queue: its letter may be there all the same. */
  giveBack(): void {
    for (const one of this.#kept) this.#end(one, untried, untried);
  }

  /** Ends the connection, if there is one, in good order until `ms` are over. */
  close(ms: number): Promise<void> {
    return this.#relay.close(ms);
  }

  async #park(one: Parked): Promise<void> {
    const { options, clock, random } = this.#setup;
    const { verdict } = one;
    this.#kept.add(one);
    const letter = this.#letterOf(one);
    const until = clock.now() + MOST_KEPT_MS;
    for (let failures = 0; this.#kept.has(one); failures++) {
      const [outcome] = await this.#relay.send([letter]);
      const decided = this.#afterAnswer(outcome!, verdict);
      if (decided !== undefined) return this.#end(one, decided, verdict);
      release(one);
      if (this.#isStopping || clock.now() >= until) break;
      const { reconnectBackoffMs, maxReconnectBackoffMs } = options;
      const least = Math.min(reconnectBackoffMs, maxReconnectBackoffMs) / 2;
      await one.pause.wait(
        Math.max(least, fullJitter(failures, reconnectBackoffMs, maxReconnectBackoffMs, random)),
      );
    }
    this.#end(one, untried, untried);
  }

  /** `undefined`: to be tried again. */
  #afterAnswer(outcome: PublishOutcome, verdict: Dead): Verdict | undefined {
    if (outcome.kind === "confirmed" || outcome.kind === "written") {
      this.#problem = undefined;
      return { kind: "done" };
    }
    const { error } = outcome;
    if (error === undefined) return undefined;
    if (isForGood(error)) return verdict;
    this.#problem = error;
    this.#setup.throttle.log("parking_failed", { code: error.code }, this.#textOf(error));
    return undefined;
  }

  #textOf({ message }: TransportError): string {
    return `dead letters of "${this.#setup.options.source}" (${this.size}) cannot be put to their exchange, and keep their places: ${message}`;
  }

  #end(one: Parked, toBroker: Verdict, verdict: Verdict): void {
    if (!this.#kept.delete(one)) return;
    if (this.#kept.size === 0) this.#problem = undefined;
    this.#setup.settle(one.received, toBroker, verdict, one.told);
    if (this.#kept.size === 0) this.#idle?.();
  }

  #letterOf({ received: { delivery }, verdict: { reason, description }, attempts }: Parked): OutboundMessage {
    const { request, options } = this.#setup;
    const { packed: message = delivery } = delivery;
    const { exchange, routingKey = "", expiration } = message;
    const headers: MessageHeaders = {
      streamll_failure: reason,
      streamll_failure_message: description.slice(0, LONGEST_TEXT),
      streamll_exchange: exchange ?? "",
      streamll_routing_key: routingKey,
      streamll_queue: options.source,
      streamll_attempts: attempts,
      streamll_failed_at: new Date().toISOString(),
      ...(expiration === undefined ? {} : { streamll_expiration: expiration }),
    };
    return relayedCopy(message, {
      exchange: request.exchange,
      routingKey: request.routingKey ?? routingKey,
      headers,
    });
  }
}

/** What waits for the end of this one waits no longer. */
function release(one: Parked): void {
  one.told?.();
  one.told = undefined;
}

/** This message cannot be sent, or this user may not: then the broker's own dead letter, without a reason, is better than none. */
const isForGood = ({ kind, permanent }: TransportError): boolean =>
  kind === "permission" || (permanent && (kind === "protocol" || kind === "too-large"));
