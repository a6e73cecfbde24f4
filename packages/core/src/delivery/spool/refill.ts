import type { EventLog } from "../../buffer/event-log.js";
import { textOf } from "../../error-text.js";
import type { Spool } from "../../spool/spool.js";
import type { LogThrottle } from "../../telemetry/log-throttle.js";
import type { Clock } from "../clock.js";
import type { Ledger } from "../ledger.js";
import type { Losses } from "../losses.js";
import type { DeliveryOptions } from "../options.js";
import type { Entrance } from "./entrance.js";
import { damagedInSpool } from "./problems.js";

export interface RefillSetup {
  readonly log: EventLog;
  readonly ledger: Ledger;
  readonly clock: Clock;
  readonly options: DeliveryOptions;
  readonly losses: Losses;
  readonly throttle: LogThrottle;
}

/** So few events are read back at once; more are read beside the program. */
const FEW = 500;
const READ_AGAIN_MS = 1000;

/** Reads the events that are on the disk alone back into memory, in order, as long as there is room for them. */
export class Refill {
  readonly #setup: RefillSetup;
  readonly #entrance: Entrance;
  #spool: Spool | undefined;
  /** What an index is above the event's order. */
  #offset = 0;
  #isRunning = false;
  #hasEnded = false;
  /** Events that were accepted by this program and could not be read back. */
  lostEvents = 0;

  constructor(setup: RefillSetup, entrance: Entrance) {
    this.#setup = setup;
    this.#entrance = entrance;
  }

  /** From now on events are read back. */
  async begin(spool: Spool): Promise<void> {
    if (this.#hasEnded) return;
    this.#spool = spool;
    this.#offset = spool.firstIndex;
    await this.go();
  }

  /** No more events are read back. */
  end(): void {
    this.#hasEnded = true;
    this.#spool = undefined;
  }

  /** An event of memory is settled. */
  settled(): void {
    const { ledger, log, options } = this.#setup;
    if (ledger.spooled === 0 || this.#isRunning) return;
    const isHalfFree =
      ledger.unsettled <= options.maxBufferedEvents / 2 && log.bytes <= options.maxBufferedBytes / 2;
    if (isHalfFree) void this.go();
  }

  /** Reads on, if it does not already. */
  async go(): Promise<void> {
    const { ledger, clock, throttle } = this.#setup;
    if (this.#isRunning) return;
    this.#isRunning = true;
    try {
      while (this.#spool !== undefined && ledger.spooled > 0 && this.#hasRoom()) {
        const spool = this.#spool;
        const event = spool.next();
        if (event === undefined) {
          if (spool.unwrittenBytes === 0) this.#loseRest();
          spool.write();
          if (spool.unwrittenBytes > 0) break;
        } else if (event !== "read") this.#entrance.enter(event, event.index - this.#offset);
        else if (ledger.spooled <= FEW && !spool.isSlow) spool.read();
        else await spool.readLater();
      }
    } catch (error) {
      const message = `the spool cannot be read: ${textOf(error)}`;
      throttle.log("spool_failed", { code: "SPOOL_UNREADABLE" }, message);
      clock.after(READ_AGAIN_MS, () => void this.go());
    } finally {
      this.#isRunning = false;
    }
  }

  #hasRoom(): boolean {
    const { ledger, log, options } = this.#setup;
    if (ledger.unsettled === 0) return true;
    const { maxBufferedEvents, maxBufferedBytes, maxEventBytes } = options;
    const reserved = Math.min(maxEventBytes, maxBufferedBytes / 2);
    return ledger.unsettled < maxBufferedEvents && log.bytes <= maxBufferedBytes - reserved;
  }

  /** All of the disk was read, and some of what was accepted was not there. */
  #loseRest(): void {
    const { ledger, losses } = this.#setup;
    const error = damagedInSpool();
    this.#entrance.rejectAbove(Number.NEGATIVE_INFINITY, error);
    const events = ledger.loseSpooled({ as: "failed", code: error.code });
    this.lostEvents += events;
    losses.lost("failed", error, events);
  }
}
