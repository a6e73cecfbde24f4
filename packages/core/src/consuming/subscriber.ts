import {
  type Attempt,
  asTransportError,
  attempt,
  closed,
  discard,
  isRefusedForGood,
  temporary,
} from "../connecting/attempt.js";
import { fullJitter, longPause } from "../delivery/backoff.js";
import type { Clock } from "../delivery/clock.js";
import type { Endpoints } from "../delivery/connection/endpoints.js";
import { Pause } from "../delivery/pause.js";
import { within, withResolvers } from "../delivery/promises.js";
import type { Endpoint } from "../endpoint.js";
import { TransportError } from "../errors.js";
import type { LogThrottle } from "../telemetry/log-throttle.js";
import { Caution } from "./caution.js";
import type { ConsumingOptions } from "./options.js";
import type { Consuming, Delivery, LogRequest, Subscription } from "./seam.js";

export interface SubscriberSetup {
  readonly consuming: Consuming;
  readonly endpoints: Endpoints;
  readonly options: ConsumingOptions;
  readonly log: LogRequest | undefined;
  readonly clock: Clock;
  readonly random: () => number;
  readonly throttle: LogThrottle;
  opened(endpoint: Endpoint): void;
  received(deliveries: readonly Delivery[], subscription: Subscription): void;
  /** The broker gives them to somebody else. */
  revoked(deliveries: readonly Delivery[]): void;
  /** What was received by it and is not settled is void. */
  lost(endpoint: Endpoint, error: TransportError): void;
  /** Each address refused. `true`: the subscriber gives up. */
  roundFailed(errors: readonly TransportError[]): boolean;
}

/** Keeps one subscription up, with backoff and over all addresses. */
export class Subscriber {
  readonly #setup: SubscriberSetup;
  readonly #stopping = new AbortController();
  #running: Promise<void> | undefined;
  #current: Subscription | undefined;
  readonly #pause: Pause;
  readonly #caution: Caution;
  #abandon: ((error: TransportError) => void) | undefined;
  #proven = false;
  /** Those who wait for {@link waiting}: a promise that lives as long as the connection would keep each of them. */
  readonly #asking = new Set<(answer: undefined) => void>();
  opens = 0;
  /** What last went wrong, until one is up again. */
  lastError: TransportError | undefined;

  constructor(setup: SubscriberSetup) {
    this.#setup = setup;
    this.#pause = new Pause(setup.clock);
    this.#caution = new Caution(setup.options);
  }

  get isSubscribed(): boolean {
    return this.#current !== undefined;
  }

  /** Messages that nobody has been handed; `undefined` where nobody can say. Never rejects. */
  async waiting(): Promise<number | undefined> {
    const current = this.#current;
    if (current?.waiting === undefined) return undefined;
    const { promise, resolve } = withResolvers<number | undefined>();
    this.#asking.add(resolve);
    const none = () => resolve(undefined);
    new Promise<number>((answer) => answer(current.waiting!())).then(resolve, none);
    const answer = await promise;
    this.#asking.delete(resolve);
    return answer;
  }

  /** Whether what is settled with it can still reach the broker. */
  isCurrent(subscription: Subscription): boolean {
    return this.#current === subscription;
  }

  start(): void {
    this.#running ??= this.#run();
  }

  storeOffset(partition: string, offset: number): void {
    this.#current?.storeOffset?.(partition, offset);
  }

  /** The broker has taken a settlement: what failed before is past. */
  proven(): void {
    this.#proven = true;
  }

  /** Takes nothing more; what has come can be settled. Bounded by `ms`. */
  async stop(ms: number): Promise<void> {
    this.#stopping.abort();
    this.#pause.cut();
    const current = this.#current;
    if (current === undefined) return;
    const stopped = new Promise<void>((resolve) => resolve(current.stop()));
    await within(this.#setup.clock, ms, Promise.race([stopped.catch(() => {}), this.#running]));
  }

  /** Ends the connection, in good order until `ms` are over. After {@link stop}. */
  async close(ms: number): Promise<void> {
    const { clock } = this.#setup;
    const closing = new AbortController();
    const current = this.#current;
    if (current !== undefined) {
      await within(clock, ms, closed(current, closing.signal));
      closing.abort();
      this.#abandon?.(new TransportError("unreachable", "the consumer was stopped"));
    }
    await this.#running;
  }

  async #run(): Promise<void> {
    const { endpoints, throttle } = this.#setup;
    const stopped = this.#stopping.signal;
    let failures = 0;
    let round: TransportError[] = [];
    for (let turn = 1; !stopped.aborted; turn++) {
      const { endpoint } = endpoints.at(turn - 1);
      const { label } = endpoint;
      const result = await this.#subscribe(endpoint);
      if (stopped.aborted) {
        if ("opened" in result) discard(result.opened.subscription);
        return;
      }
      if ("error" in result) {
        const { error } = result;
        this.lastError = error;
        round.push(error);
        const line = error.permanent ? "connect_refused" : "connect_failed";
        throttle.log(
          line,
          { endpoint: label, lane: 0, code: error.code },
          `cannot consume: ${error.message}`,
        );
      } else {
        const error = await this.#use(endpoint, result.opened);
        if (stopped.aborted) return;
        round = [error];
        if (this.#proven) failures = 0;
      }
      if (turn % endpoints.states.length !== 0) continue;
      if (this.#setup.roundFailed(round)) return;
      if (!stopped.aborted) await this.#pause.wait(this.#delay(failures++, round));
      round = [];
    }
  }

  #subscribe(endpoint: Endpoint): Promise<Attempt<Opened>> {
    const { consuming, options, clock, log, revoked } = this.#setup;
    const { source, connectionTimeoutMs, fromDeadLetters, sessions } = options;
    const { window } = this.#caution;
    return attempt({
      clock,
      connectionTimeoutMs,
      label: endpoint.label,
      stopping: this.#stopping.signal,
      open: async (signal) => {
        // What comes before the subscription is there waits for it.
        const opened = new Opened();
        const receive = (deliveries: readonly Delivery[]) => {
          if (!opened.isUsed) opened.early.push(...deliveries);
          else if (this.#current === opened.subscription) this.#receive(deliveries, opened.subscription);
        };
        const request = {
          ...{ source, window, receive, deadLetters: fromDeadLetters, lost: revoked },
          ...(sessions === undefined ? {} : { sessions }),
          ...(log === undefined ? {} : { log }),
        };
        opened.subscription = await consuming.subscribe(endpoint, request, signal);
        if (typeof opened.subscription?.settle === "function") return opened;
        throw new TransportError("protocol", "the transport gave no subscription");
      },
      discard: ({ subscription }) => discard(subscription),
    });
  }

  /** Resolves with what ended it. */
  async #use(endpoint: Endpoint, opened: Opened): Promise<TransportError> {
    const { throttle } = this.#setup;
    const { subscription, early } = opened;
    this.#current = subscription;
    this.#proven = false;
    this.lastError = undefined;
    this.opens++;
    throttle.log("connected", { endpoint: endpoint.label, lane: 0 }, `consuming from ${endpoint.label}`);
    this.#setup.opened(endpoint);
    opened.isUsed = true;
    const abandoned = new Promise<TransportError>((resolve) => {
      this.#abandon = resolve;
    });
    if (early.length > 0) this.#receive(early, subscription);
    const ended = await Promise.race([
      Promise.resolve(subscription.closed).catch(asTransportError),
      abandoned,
    ]);
    const error = temporary(ended ?? new TransportError("unreachable", "the subscription was closed"));
    this.#current = undefined;
    this.#abandon = undefined;
    for (const resolve of this.#asking) resolve(undefined);
    if (!this.#stopping.signal.aborted) {
      this.lastError = error;
      const fields = { endpoint: endpoint.label, lane: 0, code: error.code };
      throttle.log("disconnected", fields, `consuming has ended: ${error.message}`);
    }
    this.#setup.lost(endpoint, error);
    discard(subscription);
    return error;
  }

  #receive(deliveries: readonly Delivery[], subscription: Subscription): void {
    const change = this.#caution.look(deliveries);
    if (change === undefined) return this.#setup.received(deliveries, subscription);
    // From here on nothing of it is handed over: what is unsettled comes again.
    this.#current = undefined;
    this.#abandon?.(change);
  }

  /** What will not heal by itself waits long. */
  #delay(failures: number, round: readonly TransportError[]): number {
    const { options, random } = this.#setup;
    const { reconnectBackoffMs, maxReconnectBackoffMs } = options;
    if (isRefusedForGood(round)) return longPause(maxReconnectBackoffMs, random);
    return fullJitter(failures, reconnectBackoffMs, maxReconnectBackoffMs, random);
  }
}

/**
 * A subscription, and what came before it was there. A class, since Rollup (4.68), which writes the package, takes
 * `isUsed: false` in an object literal for its value for ever, and leaves out what happens once it is true.
 */
class Opened {
  subscription!: Subscription;
  readonly early: Delivery[] = [];
  isUsed = false;
}
