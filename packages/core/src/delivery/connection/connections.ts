import type { EventLog } from "../../buffer/event-log.js";
import { joinsEvents } from "../../buffer/packing.js";
import { isRefusedForGood } from "../../connecting/attempt.js";
import { isStreamllError } from "../../copies.js";
import type { StreamllError, TransportError } from "../../errors.js";
import { partitionOfHash } from "../../routing/partition.js";
import type { EventDispatcher } from "../../telemetry/event-dispatcher.js";
import type { LogThrottle } from "../../telemetry/log-throttle.js";
import type { Endpoint, Transport, TransportCapabilities, TransportConnection } from "../../transport.js";
import type { Clock } from "../clock.js";
import { requireLastSequence } from "../deduplication.js";
import type { EngineEvents } from "../engine-events.js";
import { Lane } from "../lane/lane.js";
import type { LaneOutcomes } from "../lane/lane-setup.js";
import type { SpoolIds } from "../lane/sequences.js";
import type { LaneAffinity } from "../lane-affinity.js";
import type { DeliveryOptions } from "../options.js";
import { ConnectAttempts } from "./connect-attempts.js";
import { type EndpointState, Endpoints } from "./endpoints.js";
import { Pool } from "./pool.js";
import { Supervisor } from "./supervisor.js";

export interface ConnectionsSetup {
  readonly transport: Transport;
  readonly endpoints: readonly Endpoint[];
  readonly options: DeliveryOptions;
  readonly clock: Clock;
  readonly random: () => number;
  readonly log: EventLog;
  readonly affinity: LaneAffinity;
  readonly throttle: LogThrottle;
  readonly events: EventDispatcher<EngineEvents>;
  readonly spooling: SpoolIds | undefined;
  outcomes(): LaneOutcomes;
  /** Whether the sink runs and is not stopping. */
  running(): boolean;
}

/** The lanes of a sink and their connections: opens them, keeps them open, moves events between them, closes them. */
export class Connections {
  readonly endpoints: Endpoints;
  readonly pool: Pool;
  reconnects = 0;
  /** The last error of a connection, until one is up again. */
  lastError: StreamllError | undefined;
  /** How many flushes run now: they shorten pauses and override circuit breakers. */
  flushes = 0;
  readonly #setup: ConnectionsSetup;
  readonly #transport: Transport;
  readonly #supervisors = new Map<Lane, Supervisor>();
  readonly #attempts = new ConnectAttempts();

  constructor(setup: ConnectionsSetup) {
    const { transport, options, random, clock } = setup;
    this.#setup = setup;
    this.#transport = requireLastSequence(transport);
    this.endpoints = new Endpoints(setup.endpoints, options.circuitBreaker, random);
    const size = transport.partitions ?? Math.min(options.connectionPoolSize, options.maxInFlight);
    const share = Math.max(1, Math.floor(options.maxInFlight / size));
    // A message of many events is no more work for a connection than one of a single event.
    const busyFrom = joinsEvents(options.packing) ? options.maxInFlight : share;
    this.pool = new Pool({
      size,
      busyFrom,
      now: () => clock.now(),
      open: (index) => this.#open(index, share),
    });
  }

  get lanes(): readonly Lane[] {
    return this.pool.lanes;
  }

  get isConnected(): boolean {
    return this.lanes.some((lane) => lane.connected);
  }

  /** Chooses a lane for an execution that has no unsettled event. */
  choose(hash: number): Lane {
    const { partitions, capabilities } = this.#setup.transport;
    if (partitions !== undefined) return this.pool.at(partitionOfHash(hash, partitions));
    return capabilities.confirms ? this.pool.leastLoaded() : this.pool.byHash(hash);
  }

  /** Lets every lane try now, and returns an attempt number: see {@link hear}. */
  ask(): number {
    const asked = this.#attempts.ask();
    for (const supervisor of this.#supervisors.values()) supervisor.wake();
    return asked;
  }

  /** Waits for the outcome of connecting, as {@link ConnectAttempts.hear} describes. */
  hear(asked: number, suffices: (errors: readonly TransportError[]) => boolean) {
    return this.#attempts.hear(asked, suffices);
  }

  /** Whether waiting is pointless: in a round of attempts every address refused for good, and no lane is connected. */
  isRefusedEverywhere(errors: readonly TransportError[]): boolean {
    return isRefusedForGood(errors) && !this.isConnected;
  }

  /** Closes all connections in order, until `signal` aborts. */
  async close(signal: AbortSignal): Promise<void> {
    await Promise.all([...this.#supervisors.values()].map((supervisor) => supervisor.stop(signal)));
  }

  /** No connection will come any more: releases all waiters. */
  closed(): void {
    this.#attempts.announce([]);
  }

  #open(index: number, share: number): Lane {
    const { clock, random, log, throttle } = this.#setup;
    const options = withinMessage(this.#setup.options, this.#transport.capabilities);
    const shared = { options, clock, random, urgent: () => this.flushes > 0 };
    let wasConnected = false;
    const supervisor: Supervisor = new Supervisor({
      ...shared,
      transport: this.#transport,
      throttle,
      endpoints: this.endpoints,
      lane: index,
      asked: () => this.#attempts.asked,
      opened: (connection, endpoint) => {
        if (wasConnected) this.reconnects++;
        wasConnected = true;
        this.#opened(lane, connection, endpoint);
      },
      lost: (error, endpoint) => this.#lost(lane, error, endpoint),
      roundFailed: (errors, asked) => this.#roundFailed(lane, errors, asked),
    });
    const lane: Lane = new Lane(index, {
      ...shared,
      log,
      share,
      deduplication: this.#transport.capabilities.deduplication,
      outcomes: this.#setup.outcomes(),
      spooling: this.#setup.spooling,
      blocked: (reason) => this.#blocked(reason),
      abandon: (error) => supervisor.abandon(error),
    });
    this.#supervisors.set(lane, supervisor);
    lane.outage = { since: clock.now() };
    supervisor.start();
    return lane;
  }

  #opened(lane: Lane, connection: TransportConnection, endpoint: EndpointState): void {
    this.lastError = undefined;
    lane.opened(connection, endpoint);
    const info = { endpoint: endpoint.endpoint.label, lane: lane.index };
    this.#setup.throttle.log("connected", info, `connected to ${info.endpoint}`);
    this.#setup.events.emit("connected", [info]);
    this.#attempts.announce([]);
  }

  #lost(lane: Lane, error: TransportError | undefined, endpoint: EndpointState): boolean {
    const proven = lane.lost(error);
    lane.outage = { since: this.#setup.clock.now(), error, tried: true };
    const info = { endpoint: endpoint.endpoint.label, lane: lane.index };
    if (this.#setup.running()) this.lastError = error;
    const message = `disconnected: ${error?.message ?? "closed"}`;
    this.#setup.throttle.log("disconnected", { ...info, code: error?.code }, message);
    this.#setup.events.emit("disconnected", [error === undefined ? info : { ...info, error }]);
    return proven;
  }

  /** Every address was tried once and none answered. Returns whether the lane is abandoned. */
  #roundFailed(lane: Lane, errors: readonly TransportError[], asked: number): boolean {
    const error = causeOf(errors[0]!);
    const { since = this.#setup.clock.now() } = lane.outage ?? {};
    lane.outage = { since, error, tried: true };
    if (this.#handOver(lane, errors)) return true;
    this.lastError = error;
    if (this.endpoints.circuitState === "open") {
      const message = `no connection after several tries, events wait in the buffer: ${error.message}`;
      this.#setup.throttle.log("circuit_open", { code: error.code }, message);
    }
    this.#attempts.announce(errors, asked);
    return false;
  }

  /** Events cannot change lanes where the broker deduplicates, as their sequence is the lane's, or partitions. */
  get #isBound(): boolean {
    const { partitions, capabilities } = this.#setup.transport;
    return capabilities.deduplication || partitions !== undefined;
  }

  /** Moves the lane's events to other lanes, if there are any. `true` if the lane is abandoned for good. */
  #handOver(lane: Lane, errors: readonly TransportError[]): boolean {
    if (this.#isBound || lane.connected || !this.isConnected) return false;
    const limit = errors.find(({ kind }) => kind === "throttled");
    if (limit !== undefined) this.#lowerPool(lane, limit);
    const { log, affinity } = this.#setup;
    const moved = new Map<Lane, number[]>();
    for (const slot of lane.drain()) {
      const execution = log.execution[slot]!;
      if (affinity.laneOf(execution) === lane)
        affinity.move(
          execution,
          limit === undefined ? this.pool.leastLoaded() : this.choose(affinity.hashOf(execution)),
        );
      const other = affinity.laneOf(execution);
      lane.load--;
      other.load++;
      const slots = moved.get(other);
      if (slots === undefined) moved.set(other, [slot]);
      else slots.push(slot);
    }
    for (const [other, slots] of moved) other.adopt(slots);
    return limit !== undefined;
  }

  /** The broker allows no more connections. */
  #lowerPool(lane: Lane, { code }: TransportError): void {
    this.#supervisors.delete(lane);
    this.pool.withdraw(lane);
    const connections = this.lanes.length;
    const message = `the broker allows no more connections: going on with ${connections} of connectionPoolSize ${this.#setup.options.connectionPoolSize}`;
    this.#setup.throttle.log("pool_lowered", { code, connections }, message);
  }

  #blocked(reason: string | undefined): void {
    const { throttle, events } = this.#setup;
    if (reason !== undefined) {
      throttle.log("blocked", { reason }, `blocked by the broker, events wait in the buffer: ${reason}`);
      events.emit("blocked", [{ reason }]);
    } else if (this.lanes.every((lane) => lane.blocked === undefined)) {
      throttle.log("unblocked", {}, "no longer blocked");
      events.emit("unblocked", []);
    }
  }
}

/** What loading a transport threw, such as a missing package, is reported unchanged. */
export function causeOf(error: TransportError): StreamllError {
  const { cause } = error;
  return isStreamllError(cause) && !("kind" in cause) ? cause : error;
}

/** A batch that is one message is no larger than the transport takes one. */
const withinMessage = (
  options: DeliveryOptions,
  { maxMessageBytes = Number.POSITIVE_INFINITY }: TransportCapabilities,
): DeliveryOptions =>
  options.packing === undefined
    ? options
    : { ...options, batchBytes: Math.min(options.batchBytes, maxMessageBytes - 1) };
