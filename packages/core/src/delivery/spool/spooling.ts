import type { PreparedMessage } from "../../buffer/encoded-event.js";
import { textOf } from "../../error-text.js";
import { StreamllError } from "../../errors.js";
import type { Logger } from "../../logger.js";
import { Spool } from "../../spool/spool.js";
import type { LogThrottle } from "../../telemetry/log-throttle.js";
import type { Losses } from "../losses.js";
import type { DeliveryOptions } from "../options.js";
import { withResolvers } from "../promises.js";
import type { Problem } from "../report.js";
import type { Waiter } from "../settlement.js";
import { Damages } from "./damage.js";
import { Entrance, type EntranceSetup } from "./entrance.js";
import { Held } from "./held.js";
import { Kept } from "./kept.js";
import * as problems from "./problems.js";
import { Refill } from "./refill.js";
import type { SpoolFolder, SpoolSetup } from "./setup.js";

export interface SpoolingSetup extends EntranceSetup {
  readonly spool: SpoolSetup;
  readonly logger: Logger;
  readonly options: DeliveryOptions;
  readonly losses: Losses;
  readonly throttle: LogThrottle;
  /** There may be room for an event. */
  freed(): void;
}

/**
 * Keeps accepted events on disk until they are settled. An event has a place in memory too as long as there is room; once
 * there is none, events go to the disk alone, and so do all later ones until those were read back, so that order holds.
 * What an earlier program has left comes before everything new. With `mode: "overflow"` nothing goes to the disk before
 * memory fills, or the sink stops.
 */
export class Spooling {
  /** The events of memory that lie on the disk too. */
  readonly kept: Kept;
  readonly #setup: SpoolingSetup;
  readonly #held: Held;
  readonly #entrance: Entrance;
  readonly #opened = withResolvers<void>();
  readonly #searched = withResolvers<void>();
  #state: "idle" | "opening" | "searching" | "open" | "unusable" | "closed" = "idle";
  #spool: Spool | undefined;
  #folder: SpoolFolder | undefined;
  #error: StreamllError | undefined;
  readonly #refill: Refill;
  readonly #damages: Damages;

  constructor(setup: SpoolingSetup) {
    this.#setup = setup;
    this.kept = new Kept({ ...setup, mode: setup.spool.mode });
    this.#held = new Held(setup.options);
    this.#entrance = new Entrance(setup);
    this.#refill = new Refill(setup, this.#entrance);
    this.#damages = new Damages({ ...setup, path: () => this.#folder?.path ?? "" });
  }

  /** Opens the folder. */
  begin(): void {
    if (this.#state !== "idle") return;
    this.#state = "opening";
    void this.#open();
  }

  /** Resolves when the folder is open. @throws StreamllError where it cannot be, and is required. */
  async opened(): Promise<void> {
    await this.#opened.promise;
    if (this.#error !== undefined && this.#setup.spool.required) throw this.#error;
  }

  get isSearching(): boolean {
    return this.#state === "opening" || this.#state === "searching";
  }

  /** Resolves when it is known what earlier programs have left. */
  searched(): Promise<void> {
    return this.#searched.promise;
  }

  /** Resolves when every event accepted so far is on disk. */
  async written(): Promise<void> {
    await this.#opened.promise;
    if (this.#spool === undefined) throw this.#error ?? problems.unwritable("the sink is stopped");
    const hasAll = this.kept.keepAll();
    await this.#spool.written().catch((error: unknown) => {
      throw problems.unwritable(textOf(error), error);
    });
    if (!hasAll) throw new StreamllError("SPOOL_UNWRITABLE", problems.whyFull(this.#spool));
  }

  /** Whether a new event goes to the disk alone, as others before it do. */
  get isTail(): boolean {
    return this.isSearching || this.#setup.ledger.spooled > 0;
  }

  get bytes(): number {
    return this.#spool?.bytes ?? 0;
  }

  /** Events of earlier programs, and of this one, that could not be read back. */
  get lostEvents(): number {
    return this.#damages.lostEvents + this.#refill.lostEvents;
  }

  /** What `health()` says of it. */
  get problems(): readonly Problem[] {
    if (this.#error !== undefined) return [this.#error];
    const own = this.#spool && problems.problemsOf(this.#spool, this.#setup.spool.maxBytes);
    return [...(own ?? []), ...this.#damages.problems.values()];
  }

  /** Whether an event is accepted now; `fits`: there is room for it in memory. */
  takes(bytes: number, fits: boolean): boolean {
    switch (this.#state) {
      case "idle":
      case "opening":
        return this.#held.takes(bytes);
      case "searching":
      case "open":
        if (fits && (this.#isWithoutDisk || this.isDoneWithout)) return true;
        return this.#spool!.takes(bytes + this.kept.unkeptBytes);
      default:
        return !this.#setup.spool.required && fits;
    }
  }

  /** Whether memory takes events that the disk does not. */
  get isDoneWithout(): boolean {
    if (this.#setup.spool.required) return false;
    if (this.#state === "unusable") return true;
    return this.#spool !== undefined && !this.#spool.isWilling && !this.isTail;
  }

  /** Whether what fits into memory needs no disk now. */
  get #isWithoutDisk(): boolean {
    return this.#setup.spool.mode === "overflow" && !this.isTail;
  }

  /** Why {@link takes} says no; `undefined` where it is for want of memory. */
  whyFull(): string | undefined {
    if (this.#error !== undefined) return this.#setup.spool.required ? this.#error.message : undefined;
    return this.#spool && problems.whyFull(this.#spool);
  }

  /** Whether the disk decides about room, and not memory. */
  get isUsed(): boolean {
    return this.#spool !== undefined && this.#state !== "unusable";
  }

  /** How many events of at most so many bytes are accepted; `fitting`: how many fit into memory. */
  room(bytes: number, fitting: number): number {
    const isOpen = this.#state === "open" || this.#state === "searching";
    if (!isOpen || this.#spool === undefined)
      return this.takes(bytes, fitting > 0) ? Math.max(1, fitting) : 0;
    const room = this.#spool.room(bytes, this.kept.unkeptBytes);
    return this.#isWithoutDisk ? Math.max(fitting, room) : room;
  }

  /** Accepts an event to the disk alone. */
  accept(message: PreparedMessage, waiter: Waiter | undefined): void {
    const { ledger } = this.#setup;
    const isFirst = !this.isTail;
    if (isFirst) this.kept.beginTail();
    const order = ledger.acceptSpooled();
    if (waiter !== undefined) this.#entrance.await(message, order, waiter);
    if (this.#state === "opening" || this.#state === "idle")
      this.#held.push(message, order, this.#entrance.bound(message));
    else this.#entrance.add(message, order, this.#spool!);
    // Who waits for room in memory has it on the disk from now on.
    if (isFirst) this.#setup.freed();
  }

  /** The caller has aborted an event that was accepted to the disk alone. */
  withdraw(message: PreparedMessage, order: number): void {
    const file = this.#entrance.withdraw(message, order);
    const spool = this.#spool;
    if (spool === undefined || file === undefined) return;
    // The next program must not send it, and this one must not take it for read.
    spool.markSettled(file, spool.firstIndex + order);
    this.#refill.withdrawn();
  }

  /** An event of memory is settled. */
  settled(slot: number, order: number): void {
    this.kept.settled(slot, order);
    this.#refill.settled();
  }

  /** The process ends. Returns whether every accepted event is on the disk. */
  save(): boolean {
    // A disk that has failed may work again, which only a write shows.
    this.#spool?.writeNow();
    const hasAll = this.kept.keepAllAtEnd();
    this.#spool?.writeNow();
    return hasAll && this.#spool?.failure === undefined && this.#held.isEmpty;
  }

  /** `stop()`: fails what the disk does not take, and reads no more back. */
  failUnwritten(): void {
    const { ledger, losses } = this.#setup;
    this.#refill.end();
    // A folder that opens only now gets nothing.
    if (this.#state === "opening") this.#state = "closed";
    if (this.save() || ledger.spooled === 0) return;
    const writtenTo = this.#spool === undefined ? 0 : this.#spool.writtenTo - this.#spool.firstIndex;
    const error = problems.unsentAtStop();
    this.#entrance.rejectAbove(writtenTo, error);
    const events = ledger.loseSpooled({ as: "failed", code: error.code }, this.#spool?.unwrittenTail);
    if (events > 0) losses.lost("failed", error, events);
  }

  /** The sink has stopped: what is on the disk stays there for the next program. */
  async close(): Promise<void> {
    this.#state = "closed";
    this.#entrance.rejectAbove(Number.NEGATIVE_INFINITY, problems.leftAtStop());
    await this.#spool?.close();
    await this.#folder?.release();
  }

  async #open(): Promise<void> {
    const { spool: setup, clock, ledger } = this.#setup;
    try {
      this.#folder = await setup.open();
      const { disk } = this.#folder;
      const spool = new Spool({
        disk,
        limits: setup,
        clock,
        wallTime: () => Date.now(),
        changed: () => this.#changed(),
        damaged: (damage) => this.#damages.damaged(damage),
        unreadable: (file, error) => this.#damages.unreadable(file, error),
        unsynced: (file, kept) => this.kept.keepAgain(file, kept),
      });
      if (this.#state !== "opening") {
        await spool.close();
        await this.#folder.release();
        return this.#answer();
      }
      this.#spool = spool;
      this.kept.begin(spool);
      if (setup.mode === "overflow" && !spool.hasEarlier) this.#enterHeld("open");
      else {
        this.#state = "searching";
        this.#held.release((message, order) => {
          if (!this.#entrance.skips(order)) this.#entrance.add(message, order, spool);
        });
        spool.writeNow();
      }
      this.#opened.resolve();
      const found = await spool.search();
      if (!this.#isClosed) ledger.found(found);
      this.#searched.resolve();
      if (this.#isClosed) return;
      this.#state = "open";
      await this.#refill.begin(spool);
    } catch (error) {
      this.#failed(error);
    }
  }

  get #isClosed(): boolean {
    return this.#state === "closed";
  }

  #answer(): void {
    this.#opened.resolve();
    this.#searched.resolve();
  }

  /** The folder cannot be used. */
  #failed(error: unknown): void {
    const { spool, logger } = this.#setup;
    this.#error = problems.unwritable(textOf(error), error);
    problems.logUnusable(logger, this.#error, spool.required);
    if (!this.#isClosed) this.#enterHeld("unusable");
    this.#answer();
    this.#setup.freed();
  }

  /** What was accepted meanwhile goes to memory. */
  #enterHeld(state: "open" | "unusable"): void {
    this.#state = state;
    this.#held.release((message, order) => {
      if (!this.#entrance.skips(order)) this.kept.keep(this.#entrance.enterMessage(message, order));
    });
  }

  #changed(): void {
    if (this.#state !== "open" && this.#state !== "searching") return;
    const { failure } = this.#spool!;
    if (failure !== undefined) problems.logFailing(this.#setup.throttle, failure);
    this.kept.keepRest();
    this.#setup.freed();
    void this.#refill.go();
  }
}
