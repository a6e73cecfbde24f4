import type { PreparedMessage } from "../../buffer/encoded-event.js";
import { FROM_EARLIER, NUMBERED } from "../../buffer/event-log.js";
import { Fifo } from "../../buffer/fifo.js";
import { type RecordPlace, RecordWriter, recordMemory } from "../../buffer/record.js";
import { textOf } from "../../error-text.js";
import type { StreamllError } from "../../errors.js";
import type { Logger } from "../../logger.js";
import { type Damage, Spool } from "../../spool/spool.js";
import { logLine } from "../../telemetry/log-lines.js";
import type { LogThrottle } from "../../telemetry/log-throttle.js";
import type { Losses } from "../losses.js";
import type { DeliveryOptions } from "../options.js";
import { withResolvers } from "../promises.js";
import type { Problem } from "../report.js";
import type { Waiter } from "../settlement.js";
import { Entrance, type EntranceSetup } from "./entrance.js";
import { damagedInSpool, leftAtStop, problemOf, unsentAtStop, unwritable, whyFull } from "./problems.js";
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

/** An event that was accepted before the folder was open. */
interface Held {
  readonly message: PreparedMessage;
  readonly order: number;
}

/** So few events are read back at once; more are read beside the program. */
const FEW = 500;
const READ_AGAIN_MS = 1000;

/**
 * Keeps every accepted event on disk until it is settled. An event has a place in memory too as long as there is room;
 * once there is none, events go to the disk alone, and so do all later ones until those were read back, so that order
 * holds. What an earlier program has left comes before everything new.
 */
export class Spooling {
  readonly #setup: SpoolingSetup;
  readonly #held = new Fifo<Held>();
  readonly #writer = new RecordWriter();
  readonly #place: RecordPlace = { ...recordMemory(0), record: 0 };
  /** The record of an event that goes to the disk alone. */
  #scratch: RecordPlace = { ...recordMemory(4096), record: 0 };
  readonly #entrance: Entrance;
  readonly #opened = withResolvers<void>();
  readonly #searched = withResolvers<void>();
  #heldBytes = 0;
  #state: "idle" | "opening" | "searching" | "open" | "unusable" | "closed" = "idle";
  #spool: Spool | undefined;
  #folder: SpoolFolder | undefined;
  #error: StreamllError | undefined;
  /** What an index is above the event's order. */
  #offset = 0;
  #isRefilling = false;
  /** `stop()` has ended delivery. */
  #isEnding = false;
  /** Memory holds events that the disk did not take. */
  #hasUnkept = false;
  /** Events of earlier programs, and of this one, that could not be read back. */
  lostEvents = 0;
  #damage: Problem | undefined;

  constructor(setup: SpoolingSetup) {
    this.#setup = setup;
    this.#entrance = new Entrance(setup);
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
    if (this.#spool === undefined) throw this.#error ?? unwritable("the sink is stopped");
    await this.#spool.written().catch((error: unknown) => {
      throw unwritable(textOf(error), error);
    });
  }

  /** Whether a new event goes to the disk alone, as others before it do. */
  get isTail(): boolean {
    return this.isSearching || this.#setup.ledger.spooled > 0;
  }

  get bytes(): number {
    return this.#spool?.bytes ?? 0;
  }

  /** What `health()` says of it. */
  get problem(): Problem | undefined {
    if (this.#error !== undefined) return this.#error;
    const problem = this.#spool && problemOf(this.#spool, this.#setup.spool.maxBytes);
    return problem ?? this.#damage;
  }

  /** Whether an event is accepted now; `fits`: there is room for it in memory. */
  takes(bytes: number, fits: boolean): boolean {
    const { options, spool } = this.#setup;
    const { maxBufferedEvents, maxBufferedBytes } = options;
    switch (this.#state) {
      case "idle":
      case "opening":
        return this.#held.length < maxBufferedEvents && this.#heldBytes + bytes <= maxBufferedBytes;
      case "searching":
      case "open":
        return this.#spool!.takes(bytes) || (this.isDoneWithout && fits);
      default:
        return !spool.required && fits;
    }
  }

  /** Whether memory takes events that the disk does not. */
  get isDoneWithout(): boolean {
    if (this.#setup.spool.required) return false;
    if (this.#state === "unusable") return true;
    return this.#spool !== undefined && !this.#spool.isWilling && !this.isTail;
  }

  /** Why {@link takes} says no; `undefined` where it is for want of memory. */
  whyFull(): string | undefined {
    if (this.#error !== undefined) return this.#setup.spool.required ? this.#error.message : undefined;
    return this.#spool && whyFull(this.#spool);
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
    return this.#spool.room(bytes);
  }

  /** Accepts an event to the disk alone. */
  accept(message: PreparedMessage, waiter: Waiter | undefined): void {
    const { ledger } = this.#setup;
    if (!this.isTail) this.#spool!.beginTail(this.#offset + ledger.lastOrder);
    const order = ledger.acceptSpooled();
    if (waiter !== undefined) this.#entrance.await(order, waiter);
    if (this.#state === "opening" || this.#state === "idle") {
      this.#held.push({ message, order });
      this.#heldBytes += this.#writer.bound(message);
    } else this.#add(message, order);
  }

  /** Adds an event that is in memory. */
  keep(slot: number): void {
    if (this.#spool === undefined) return;
    if (this.#spool.isWilling) this.#put(slot, this.#spool);
    else this.#hasUnkept = true;
  }

  #put(slot: number, spool: Spool): void {
    const { log } = this.#setup;
    const id = this.idOf(slot);
    const sequence = log.sequence[slot]!;
    const isNumbered = log.has(slot, NUMBERED);
    log.locate(slot, this.#place);
    const file = spool.add(id, isNumbered ? sequence : 0, this.#place);
    log.spoolFile[slot] = file;
    // The broker may know it by a number that its lane has given.
    if (!isNumbered && sequence > 0 && sequence !== id) spool.numbered(file, id, sequence);
  }

  /** An event of memory is settled. */
  settled(slot: number, order: number): void {
    const { log, ledger, options } = this.#setup;
    const file = log.spoolFile[slot]!;
    if (file > 0) this.#spool?.settled(file, this.#offset + order);
    if (ledger.spooled === 0 || this.#isRefilling || this.#isEnding) return;
    const isHalfFree =
      ledger.unsettled <= options.maxBufferedEvents / 2 && log.bytes <= options.maxBufferedBytes / 2;
    if (isHalfFree) void this.#refill();
  }

  /** The id by which a broker that deduplicates knows an event, unless it is told otherwise. */
  idOf(slot: number): number {
    return this.#offset + this.#setup.log.order[slot]!;
  }

  /** The broker will know these events by another id than theirs. */
  numbered(slots: readonly number[], id: number): void {
    const { log, ledger } = this.#setup;
    if (this.#spool === undefined) return;
    for (const slot of slots) {
      const file = log.spoolFile[slot]!;
      if (file > 0) this.#spool.numbered(file, this.idOf(slot), id);
    }
    // It must be known before the broker is sent them. Later events get ids above it.
    this.#spool.writeNow();
    ledger.skipTo(id - this.#offset);
  }

  /** The process ends. Returns whether every accepted event is on the disk. */
  save(): boolean {
    this.#spool?.writeNow();
    return this.#spool !== undefined && this.#spool.failure === undefined && this.#held.length === 0;
  }

  /** `stop()`: the event is on the disk and stays there. */
  leaves(slot: number): boolean {
    const { log } = this.#setup;
    if (log.has(slot, FROM_EARLIER)) return true;
    return log.spoolFile[slot]! > 0 && this.idOf(slot) <= this.#spool!.writtenTo;
  }

  /** `stop()`: fails what the disk does not take, and reads no more back. */
  failUnwritten(): void {
    const { ledger, losses } = this.#setup;
    this.#isEnding = true;
    if (this.save() || ledger.spooled === 0) return;
    const writtenTo = this.#spool === undefined ? 0 : this.#spool.writtenTo - this.#offset;
    const error = unsentAtStop();
    const settlement = { as: "failed", code: error.code } as const;
    this.#entrance.rejectAbove(writtenTo, error);
    losses.lost("failed", error, ledger.loseSpooled(settlement, this.#spool?.unwrittenTail));
  }

  /** The sink has stopped: what is on the disk stays there for the next program. */
  async close(): Promise<void> {
    this.#state = "closed";
    this.#entrance.rejectAbove(Number.NEGATIVE_INFINITY, leftAtStop());
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
        damaged: (damage) => this.#damaged(damage),
        unreadable: (file, error) => this.#unreadable(file, error),
        unsynced: (file) => this.#addAgain(file),
      });
      if (this.#state !== "opening") return await this.#abandon(spool);
      this.#spool = spool;
      this.#offset = spool.firstIndex;
      this.#state = "searching";
      for (let held = this.#held.shift(); held !== undefined; held = this.#held.shift())
        this.#add(held.message, held.order);
      this.#heldBytes = 0;
      spool.writeNow();
      this.#opened.resolve();
      const found = await spool.search();
      if (!this.#isClosed) ledger.found(found);
      this.#searched.resolve();
      if (this.#isClosed) return;
      this.#state = "open";
      await this.#refill();
    } catch (error) {
      this.#failed(error);
    }
  }

  get #isClosed(): boolean {
    return this.#state === "closed";
  }

  async #abandon(spool: Spool): Promise<void> {
    await spool.close();
    await this.#folder?.release();
    this.#opened.resolve();
    this.#searched.resolve();
  }

  /** The folder cannot be used. What was accepted meanwhile goes to memory. */
  #failed(error: unknown): void {
    const { spool, logger } = this.#setup;
    this.#error = unwritable(textOf(error), error);
    if (!this.#isClosed) this.#state = "unusable";
    const fields = { code: this.#error.code };
    logLine(
      logger,
      "spool_failed",
      fields,
      `${this.#error.message}${spool.required ? "" : ". Going on in memory"}`,
    );
    for (let held = this.#held.shift(); held !== undefined; held = this.#held.shift())
      this.#entrance.enterMessage(held.message, held.order);
    this.#opened.resolve();
    this.#searched.resolve();
    this.#setup.freed();
  }

  #add(message: PreparedMessage, order: number): void {
    const bound = this.#writer.bound(message);
    if (this.#scratch.source.length < bound) this.#scratch = { ...recordMemory(2 * bound), record: 0 };
    this.#writer.write(this.#scratch, 0, message);
    this.#spool!.add(this.#offset + order, message.sequence, this.#scratch);
  }

  /** Adds the events of memory to a new file, in the place of one that the disk did not keep. */
  #addAgain(file: number): void {
    const { log } = this.#setup;
    const spool = this.#spool!;
    const slots = log.inOrder(log.heldBy(file));
    for (const slot of slots) this.#put(slot, spool);
    spool.writeNow();
    if (spool.unwrittenBytes > 0) return;
    for (const slot of slots) if (log.spoolFile[slot] !== file) spool.settled(file, this.idOf(slot));
  }

  /** The disk takes events again, and gets those that memory alone has. */
  #keepRest(): void {
    if (!this.#hasUnkept || !this.#spool!.isWilling) return;
    this.#hasUnkept = false;
    const { log } = this.#setup;
    for (const slot of log.inOrder(log.heldBy(0))) this.keep(slot);
  }

  #changed(): void {
    if (this.#state !== "open" && this.#state !== "searching") return;
    const { failure } = this.#spool!;
    if (failure !== undefined) {
      const { message, code } = unwritable(failure.message);
      this.#setup.throttle.log("spool_failed", { code }, message);
    }
    this.#keepRest();
    this.#setup.freed();
    void this.#refill();
  }

  #damaged({ events, bytes, file }: Damage): void {
    const { logger } = this.#setup;
    const where = `file ${file} of ${this.#folder?.path}`;
    if (events === 0) {
      const message = `${bytes} bytes are no whole event: ${where}. They were being written when an earlier program was killed`;
      return logLine(logger, "spool_cut", { bytes }, message);
    }
    this.lostEvents += events;
    const message = `${events} events of an earlier program cannot be read: ${where}. What can be read of it is sent, and it is kept as *.bad`;
    this.#damage = { code: "SPOOL_DAMAGED", message };
    logLine(logger, "spool_damaged", { events }, message);
  }

  #unreadable(file: number, error: unknown): void {
    const message = `file ${file} of ${this.#folder?.path} cannot be read, and is left there for the next program: ${textOf(error)}`;
    this.#damage = { code: "SPOOL_UNREADABLE", message };
    this.#setup.throttle.log("spool_failed", { code: "SPOOL_UNREADABLE" }, message);
  }

  /** Reads events back as long as there is room for them in memory. */
  async #refill(): Promise<void> {
    const { ledger, clock } = this.#setup;
    if (this.#isRefilling || this.#isEnding || this.#state !== "open") return;
    const spool = this.#spool!;
    this.#isRefilling = true;
    try {
      while (this.#state === "open" && !this.#isEnding && ledger.spooled > 0 && this.#hasRoom()) {
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
      this.#setup.throttle.log("spool_failed", { code: "SPOOL_UNREADABLE" }, message);
      clock.after(READ_AGAIN_MS, () => void this.#refill());
    } finally {
      this.#isRefilling = false;
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
