import type { EventLog } from "../../buffer/event-log.js";
import { lengthOf } from "../../buffer/record.js";
import { textOf } from "../../error-text.js";
import type { Spool, SpooledEvent } from "../../spool/spool.js";
import type { LogThrottle } from "../../telemetry/log-throttle.js";
import { fits, isHalfFree } from "../buffer-room.js";
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
  /** The next event, for which there was no room. */
  #next: SpooledEvent | undefined;
  #again: (() => void) | undefined;
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
    await this.go();
  }

  /** No more events are read back. */
  end(): void {
    this.#hasEnded = true;
    this.#settleWithdrawn();
    this.#spool = undefined;
    this.#again?.();
  }

  /** An event of memory is settled. */
  settled(): void {
    if (this.#setup.ledger.spooled === 0 || this.#isRunning) return;
    if (isHalfFree(this.#setup)) void this.go();
  }

  /** An event was withdrawn: when no other is left to be read, it is not read any more either. */
  withdrawn(): void {
    if (this.#setup.ledger.spooled === 0 && !this.#isRunning) this.#settleWithdrawn();
  }

  #settleWithdrawn(): void {
    this.#next = undefined;
    const spool = this.#spool;
    if (spool === undefined) return;
    for (const [order, file] of this.#entrance.forgetWithdrawn())
      spool.settled(file, spool.firstIndex + order);
  }

  /** Reads on, if it does not already. */
  async go(): Promise<void> {
    const { ledger, clock, throttle } = this.#setup;
    if (this.#isRunning) return;
    this.#isRunning = true;
    try {
      while (this.#spool !== undefined && ledger.spooled > 0) {
        const spool = this.#spool;
        const event = this.#next ?? spool.next();
        this.#next = undefined;
        if (event === undefined) {
          if (spool.unwrittenBytes === 0) this.#loseRest();
          spool.write();
          if (spool.unwrittenBytes > 0) break;
        } else if (event !== "read") {
          const order = event.index - spool.firstIndex;
          if (this.#entrance.skips(order)) spool.settled(event.file, event.index);
          else if (fits(this.#setup, lengthOf(event))) this.#entrance.enter(event, order);
          else {
            this.#next = event;
            break;
          }
        } else if (ledger.spooled <= FEW && !spool.isSlow) spool.read();
        else await spool.readLater();
      }
    } catch (error) {
      const message = `the spool cannot be read: ${textOf(error)}`;
      throttle.log("spool_failed", { code: "SPOOL_UNREADABLE" }, message);
      if (this.#hasEnded) return;
      this.#again ??= clock.after(READ_AGAIN_MS, () => {
        this.#again = undefined;
        void this.go();
      });
    } finally {
      this.#isRunning = false;
      this.withdrawn();
    }
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
