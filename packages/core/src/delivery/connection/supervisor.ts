import {
  type Attempt,
  asTransportError,
  attempt,
  closed,
  discard,
  isRefusedForGood,
  temporary,
  whenAborted,
} from "../../connecting/attempt.js";
import { TransportError } from "../../errors.js";
import type { LogThrottle } from "../../telemetry/log-throttle.js";
import type { Transport, TransportConnection } from "../../transport.js";
import { fullJitter, longPause } from "../backoff.js";
import type { Clock } from "../clock.js";
import type { DeliveryOptions } from "../options.js";
import { Pause } from "../pause.js";
import type { EndpointState, Endpoints } from "./endpoints.js";

export interface SupervisorSetup {
  readonly transport: Transport;
  readonly endpoints: Endpoints;
  readonly options: DeliveryOptions;
  readonly clock: Clock;
  readonly random: () => number;
  readonly throttle: LogThrottle;
  readonly lane: number;
  /** Whether a flush runs, which shortens pauses and overrides circuit breakers. */
  urgent(): boolean;
  /** How many callers have requested a connection so far: for each, a round begins at once. */
  asked(): number;
  opened(connection: TransportConnection, endpoint: EndpointState): void;
  /** The connection is gone. Returns `true` if it had delivered an outcome. */
  lost(error: TransportError | undefined, endpoint: EndpointState): boolean;
  /**
   * Every address was tried once and none answered. Returns `true` if the lane is abandoned for it. The failure answers
   * only callers that asked before the round began: for later ones the cause may have been removed.
   */
  roundFailed(errors: readonly TransportError[], asked: number): boolean;
}

/** Keeps one lane connected: connects, waits for the end, backs off, and tries the next address. */
export class Supervisor {
  readonly #setup: SupervisorSetup;
  readonly #stopping = new AbortController();
  #running: Promise<void> | undefined;
  #connection: TransportConnection | undefined;
  #turn: number;
  readonly #pause: Pause;
  #abandon: ((error: TransportError) => void) | undefined;

  constructor(setup: SupervisorSetup) {
    this.#setup = setup;
    this.#pause = new Pause(setup.clock);
    this.#turn = setup.lane;
  }

  start(): void {
    this.#running ??= this.#run();
  }

  /** Cuts the pause of the backoff or the breaker short, as a caller has requested a connection. */
  wake(): void {
    this.#pause.cut();
  }

  /** Abandons the connection even if the transport reports it open. */
  abandon(error: TransportError): void {
    this.#abandon?.(error);
  }

  /** Closes the connection in order, until `signal` aborts. The loop then ends. */
  async stop(signal: AbortSignal): Promise<void> {
    this.#stopping.abort();
    this.#pause.cut();
    if (this.#connection) await Promise.race([closed(this.#connection, signal), whenAborted(signal)]);
    this.#abandon?.(new TransportError("unreachable", "the sink was stopped"));
    await this.#running;
  }

  async #run(): Promise<void> {
    const { endpoints, clock, throttle } = this.#setup;
    const stopped = this.#stopping.signal;
    let failures = 0;
    let round: TransportError[] = [];
    let probing = false;
    let asked = this.#setup.asked();
    // The first round answers all callers, as there was no earlier one.
    let answers = Number.POSITIVE_INFINITY;
    while (!stopped.aborted) {
      const endpoint = endpoints.at(this.#turn);
      const generation = endpoint.breaker.enter(clock.now(), probing || this.#setup.urgent());
      let error: TransportError | undefined;
      if (generation !== undefined) {
        const result = await this.#connect(endpoint);
        if (stopped.aborted) {
          endpoint.breaker.abandoned();
          if ("opened" in result) discard(result.opened);
          return;
        }
        if ("error" in result) {
          error = result.error;
          throttle.log(
            error.permanent ? "connect_refused" : "connect_failed",
            { endpoint: endpoint.endpoint.label, lane: this.#setup.lane, code: error.code },
            `cannot connect: ${error.message}`,
          );
        } else {
          probing = false;
          round = [];
          endpoint.breaker.connected();
          const end = await this.#use(result.opened, endpoint);
          if (end.proven) failures = 0;
          if (stopped.aborted) return;
          error = temporary(end.error ?? new TransportError("unreachable", "the connection was closed"));
        }
        endpoint.breaker.failed(generation, clock.now());
      }
      this.#turn++;
      if (error !== undefined) round.push(error);
      if (this.#turn % endpoints.states.length !== this.#setup.lane % endpoints.states.length) continue;
      if (round.length > 0 && this.#setup.roundFailed(round, answers)) return;
      if (this.#setup.asked() === asked && !stopped.aborted)
        await this.#pause.wait(this.#delay(failures++, round));
      probing = this.#setup.asked() > asked;
      asked = this.#setup.asked();
      answers = asked;
      round = [];
    }
  }

  /**
   * How long to pause before the next round. After permanent refusals the pause is long; with every circuit open it lasts
   * until the first may be probed. During a flush, pauses grow only so far that time for several attempts is left.
   */
  #delay(failures: number, round: readonly TransportError[]): number {
    const { options, endpoints, clock, random } = this.#setup;
    const { retryBackoffMs, maxRetryBackoffMs, flushTimeoutMs } = options;
    const isUrgent = this.#setup.urgent();
    const short = Math.max(retryBackoffMs, flushTimeoutMs / 10);
    const longest = isUrgent ? Math.min(maxRetryBackoffMs, short) : maxRetryBackoffMs;
    const jittered = fullJitter(failures, retryBackoffMs, longest, random);
    if (isUrgent) return jittered;
    if (round.length === 0) {
      const cooldown = Math.min(...endpoints.states.map(({ breaker }) => breaker.openUntil - clock.now()));
      return Math.max(cooldown, jittered);
    }
    return isRefusedForGood(round) ? longPause(maxRetryBackoffMs, random) : jittered;
  }

  #connect({ endpoint }: EndpointState): Promise<Attempt<TransportConnection>> {
    const { transport, options, clock, lane } = this.#setup;
    return attempt<TransportConnection>({
      clock,
      connectionTimeoutMs: options.connectionTimeoutMs,
      label: endpoint.label,
      stopping: this.#stopping.signal,
      async open(signal) {
        const connection = await transport.connect(endpoint, { index: lane }, signal);
        if (typeof connection?.publish === "function") return connection;
        throw new TransportError(
          "protocol",
          `connect() of the transport ${transport.name} gave no connection: it must resolve with publish, onFlow, close and closed`,
        );
      },
      discard,
    });
  }

  async #use(
    connection: TransportConnection,
    endpoint: EndpointState,
  ): Promise<{ error: TransportError | undefined; proven: boolean }> {
    this.#connection = connection;
    const abandoned = new Promise<TransportError>((resolve) => {
      this.#abandon = resolve;
    });
    const ended = Promise.resolve(connection.closed).catch(asTransportError);
    try {
      this.#setup.opened(connection, endpoint);
    } catch (error) {
      this.abandon(asTransportError(error));
    }
    const error = await Promise.race([ended, abandoned]);
    this.#abandon = undefined;
    this.#connection = undefined;
    const proven = this.#setup.lost(error, endpoint);
    discard(connection);
    return { error, proven };
  }
}
