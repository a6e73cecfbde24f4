import type { EventLog } from "../buffer/event-log.js";
import { AWAITED, DEAD, DUPLICATE, MAYBE_STORED, SETTLED } from "../buffer/slots.js";
import { DeliveryError, type TransportError } from "../errors.js";
import type { Logger } from "../logger.js";
import type { EventDispatcher } from "../telemetry/event-dispatcher.js";
import { logLine } from "../telemetry/log-lines.js";
import type { LogThrottle } from "../telemetry/log-throttle.js";
import type { Meter } from "../telemetry/meter.js";
import type { Clock } from "./clock.js";
import { type DeadLetterRoute, deadLetterOf } from "./dead-letter.js";
import type { EngineEvents } from "./engine-events.js";
import type { BatchSizes, LaneOutcomes } from "./lane/lane-setup.js";
import { failureOf } from "./lane/retry.js";
import type { LaneAffinity } from "./lane-affinity.js";
import type { Ledger } from "./ledger.js";
import type { Losses } from "./losses.js";
import type { Receipt } from "./report.js";
import { leftAtStop } from "./spool/problems.js";
import { type Settlement as Ending, SENT } from "./tally.js";

/** The caller of `publish()`, which waits for a single event. */
export interface Waiter {
  /** The event was on the disk alone, and is in memory from now on. */
  entered?(slot: number): void;
  resolve(receipt: Receipt): void;
  reject(error: DeliveryError): void;
}

export interface SettlementSetup {
  readonly log: EventLog;
  readonly ledger: Ledger;
  readonly affinity: LaneAffinity;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly throttle: LogThrottle;
  readonly losses: Losses;
  readonly events: EventDispatcher<EngineEvents>;
  readonly meter: Meter;
  readonly deadLetter: DeadLetterRoute | undefined;
  readonly deliveryTimeoutMs: number | undefined;
  /** Keeps events on disk until they are settled. */
  readonly spooling: { settled(slot: number, order: number): void } | undefined;
  /** An event is settled, which makes room for another. */
  freed(): void;
}

/** Why an event failed and after how many attempts, while it is on its way to the dead-letter exchange. */
interface Death {
  readonly error: DeliveryError;
  readonly attempts: number;
}

/** Settles each event once, and informs the ledger, callers, listeners and the log. */
export class Settlement implements LaneOutcomes {
  readonly counts = {
    retried: 0,
    deadLettered: 0,
    duplicates: 0,
    batches: 0,
    bytes: 0,
    savedBytes: 0,
    confirms: 0,
    nacks: 0,
    returns: 0,
  };
  readonly #setup: SettlementSetup;
  /** By slot. */
  readonly #waiters = new Map<number, Waiter>();
  readonly #deaths = new Map<number, Death>();

  constructor(setup: SettlementSetup) {
    this.#setup = setup;
  }

  await(slot: number, waiter: Waiter): void {
    this.#setup.log.mark(slot, AWAITED);
    this.#waiters.set(slot, waiter);
  }

  departed(events: number): void {
    this.#setup.ledger.depart(events);
  }

  handedOver({ batches, bytes, savedBytes }: BatchSizes): void {
    this.counts.batches += batches;
    this.counts.bytes += bytes;
    this.counts.savedBytes += savedBytes;
  }

  cameBack(events: number): void {
    this.#setup.ledger.comeBack(events);
  }

  sent(slots: readonly number[], as: "confirmed" | "written", latencyMs: number): void {
    const { log, meter } = this.#setup;
    const events = log.eventsIn(slots);
    if (as === "confirmed") this.counts.confirms += events;
    meter.sent(events, latencyMs);
    for (const slot of slots) {
      if (log.has(slot, DEAD)) {
        this.counts.deadLettered++;
        this.fail(slot, this.#deaths.get(slot)!.error, 0);
        continue;
      }
      if (log.has(slot, DUPLICATE)) this.#countDuplicate(slot);
      if (log.has(slot, AWAITED)) this.#waiters.get(slot)?.resolve(this.#receipt(slot, as));
      this.#settle(slot, SENT);
    }
  }

  retried({ code, kind, message }: TransportError): void {
    this.#countRefusal(kind);
    this.counts.retried++;
    this.#setup.throttle.log("retried", { code }, `tried again: ${message}`);
  }

  refused(slot: number, error: TransportError): void {
    this.#countRefusal(error.kind);
    const { deadLetter, log, throttle, affinity } = this.#setup;
    const failure = this.#withDoubt(slot, failureOf(error));
    const attempts = log.tries[slot]! + 1;
    if (log.has(slot, DEAD)) {
      const { exchange } = log.view(slot);
      throttle.log(
        "not_dead_lettered",
        { code: failure.code, exchange },
        `not dead-lettered: ${error.message}`,
      );
      return this.fail(slot, failure, attempts);
    }
    // An event that is too large for the broker is too large for its dead-letter exchange.
    if (deadLetter === undefined || error.kind === "too-large") return this.fail(slot, failure, attempts);
    log.rewrite(slot, deadLetterOf(log.detach(slot), deadLetter, failure, attempts));
    log.renumber(slot);
    log.mark(slot, DEAD);
    log.tries[slot] = 0;
    this.#deaths.set(slot, { error: failure, attempts });
    affinity.laneOf(log.execution[slot]!).again([slot]);
  }

  isolated(slot: number, error: TransportError): void {
    this.fail(slot, failureOf(error), this.#setup.log.tries[slot]! + 1);
  }

  expired(slot: number): boolean {
    const { log, clock, deliveryTimeoutMs } = this.#setup;
    if (deliveryTimeoutMs === undefined || clock.now() - log.acceptedAt[slot]! < deliveryTimeoutMs)
      return false;
    const message = `not delivered within ${deliveryTimeoutMs / 1000} s (deliveryTimeout)`;
    const error = this.#withDoubt(slot, new DeliveryError("DELIVERY_TIMEOUT", message));
    this.fail(slot, error, log.tries[slot]!);
    return true;
  }

  /** The event of a dead letter in flight has failed already: it is reported with its first error. */
  fail(slot: number, error: DeliveryError, attempts: number): void {
    const death = this.#deaths.get(slot) ?? { error, attempts };
    if (this.#end(slot, "failed", death)) this.#setup.losses.lost("failed", death.error);
  }

  /** `stop()`: the event stays in the spool, for the next program. */
  leave(slot: number): void {
    const { log, ledger } = this.#setup;
    if (log.has(slot, AWAITED)) this.#waiters.get(slot)?.reject(leftAtStop());
    const order = log.order[slot]!;
    this.#forget(slot);
    ledger.left(order);
    this.#setup.freed();
  }

  /** The time limit of `stop()` is over for the event. */
  failAtStop(slot: number, cause: Error | undefined): void {
    const { log } = this.#setup;
    const error = log.has(slot, MAYBE_STORED)
      ? new DeliveryError("UNCONFIRMED_AT_STOP", "stopped before the broker answered: it may have arrived", {
          cause,
        })
      : new DeliveryError("UNSENT_AT_STOP", "stopped before it could be sent", { cause });
    this.fail(slot, error, log.tries[slot]!);
  }

  drop(slot: number, error: DeliveryError): void {
    if (!this.#abandon(slot, error)) return;
    this.#setup.losses.lost("dropped", error);
  }

  /** The caller aborted the event: listeners are called, but `health()` lists no problem. */
  withdraw(slot: number): void {
    this.#abandon(slot, new DeliveryError("DROPPED", "withdrawn by its signal"));
  }

  #abandon(slot: number, error: DeliveryError): boolean {
    const { log, affinity } = this.#setup;
    if (log.has(slot, SETTLED)) return false;
    const lane = affinity.laneOf(log.execution[slot]!);
    this.#end(slot, "dropped", { error, attempts: log.tries[slot]! });
    lane.abandoned();
    return true;
  }

  #end(slot: number, as: "failed" | "dropped", { error, attempts }: Death): boolean {
    const { log, events } = this.#setup;
    if (log.has(slot, SETTLED)) return false;
    const waiter = log.has(slot, AWAITED) ? this.#waiters.get(slot) : undefined;
    const bytes = log.recordBytes[slot]!;
    const message = events.isHeard(as) ? log.detach(slot) : undefined;
    this.#settle(slot, { as, code: error.code });
    waiter?.reject(error);
    if (message !== undefined) events.emit(as, [{ message, error, attempts }], bytes);
    return true;
  }

  #settle(slot: number, ending: Ending): void {
    const { log, ledger, losses, spooling } = this.#setup;
    const order = log.order[slot]!;
    const events = log.events[slot]!;
    this.#forget(slot);
    ledger.settle(order, ending, events);
    spooling?.settled(slot, order);
    if (ledger.open === 0) losses.settled();
    this.#setup.freed();
  }

  #forget(slot: number): void {
    const { log, affinity } = this.#setup;
    const execution = log.execution[slot]!;
    if (log.has(slot, AWAITED)) this.#waiters.delete(slot);
    if (log.has(slot, DEAD)) this.#deaths.delete(slot);
    affinity.laneOf(execution).left(slot);
    affinity.leave(execution, log.events[slot]!);
    log.settle(slot);
  }

  #receipt(slot: number, as: "confirmed" | "written"): Receipt {
    const { log, clock } = this.#setup;
    return {
      eventId: log.view(slot).messageId,
      confirmed: as === "confirmed",
      attempts: log.tries[slot]! + 1,
      latencyMs: clock.now() - log.acceptedAt[slot]!,
      ...(log.has(slot, DUPLICATE) ? { duplicate: true } : {}),
    };
  }

  #countRefusal(kind: TransportError["kind"]): void {
    if (kind === "unroutable") this.counts.returns++;
    else if (kind === "nack") this.counts.nacks++;
  }

  #countDuplicate(slot: number): void {
    const { log, logger, affinity } = this.#setup;
    const isFirst = this.counts.duplicates === 0;
    this.counts.duplicates += log.events[slot]!;
    if (!isFirst) return;
    const sequence = log.sequence[slot]!;
    const lane = affinity.laneOf(log.execution[slot]!).index;
    const message = `the broker had sequence ${sequence} already: it confirmed the event and stored nothing. Where it is a new one, give it a sequence above all that were ever used (logged once)`;
    logLine(logger, "duplicates", { lane, sequence }, message);
  }

  /** Whether the broker may have the event nevertheless, from an attempt that it did not answer. */
  #withDoubt(slot: number, error: DeliveryError): DeliveryError {
    if (!this.#setup.log.has(slot, MAYBE_STORED)) return error;
    const message = `${error.message}. A try of it went unanswered: it may have arrived`;
    return new DeliveryError(error.code, message, { cause: error.cause });
  }
}
