import type { EventLog } from "../../buffer/event-log.js";
import { Fifo } from "../../buffer/fifo.js";
import { DEAD } from "../../buffer/slots.js";
import type { Spool } from "../../spool/spool.js";
import { SPOOL_OVERHEAD } from "../../spool/writer.js";
import { isUsedUpTo, type Memory } from "../buffer-room.js";
import type { Clock } from "../clock.js";
import type { SpoolMode } from "./setup.js";

export interface CatchUpSetup extends Memory {
  readonly log: EventLog;
  readonly mode: SpoolMode;
  readonly clock: Clock;
}

/** With `mode: "overflow"` memory is written to the disk from this share of it on, and down to the other. */
const BEGIN = 0.5;
const END = 0.25;
/** For each event that is accepted, so many older ones are written, or so many bytes: no turn writes all of memory. */
const EVENTS = 4;
const BYTES = 256 * 1024;
/** So many are written whatever their size, as memory would be full before. */
const LEAST = 2;
/** As much of what is behind is written in one turn, once the disk takes more. */
const BYTES_OF_TURN = 1024 * 1024;

const ALL = Number.POSITIVE_INFINITY;

/** How much is written at most, and whether the disk takes a record of so many bytes. */
interface Writing {
  readonly events?: number;
  readonly bytes?: number;
  readonly takes?: (bytes: number) => boolean;
}

/**
 * Decides when the events of memory go to the disk: at once, or with `mode: "overflow"` once memory fills. The oldest go
 * first, so that the files have the order of acceptance.
 */
export class CatchUp {
  readonly #setup: CatchUpSetup;
  readonly #spool: Spool;
  readonly #put: (slot: number) => void;
  /** Events that the disk is to get, oldest first. Some of them may be settled. */
  readonly #behind = new Fifo<{ readonly slot: number; readonly order: number; readonly bytes: number }>();
  #behindBytes = 0;
  /** There may be events that the disk does not have, and that are not listed. */
  #hasOthers = false;
  #isWriting = false;
  #isPutting = false;
  #later: (() => void) | undefined;

  constructor(setup: CatchUpSetup, spool: Spool, put: (slot: number) => void) {
    this.#setup = setup;
    this.#spool = spool;
    this.#put = put;
  }

  /** An event was accepted to memory. */
  accepted(slot: number): void {
    if (!this.#isDue()) {
      this.#hasOthers = true;
      return;
    }
    const { log } = this.#setup;
    if (this.#isComplete && this.#spool.takes(log.recordBytes[slot]!)) return this.#put(slot);
    if (this.#hasOthers) this.#list();
    else this.#push(slot);
    this.#write({ events: EVENTS, bytes: BYTES });
    this.#forgetSettled();
  }

  /** The disk may take more than before. */
  goOn(): void {
    // What is put may remove a file, after which the disk takes more: who puts it goes on.
    if (this.#isPutting || this.#isComplete || !this.#spool.isWilling || !this.#isDue()) return;
    if (this.#hasOthers) this.#list();
    const waited = this.#behind.length;
    this.#write({ bytes: BYTES_OF_TURN });
    // Where the disk is full, `changed` says when there is room.
    if (this.#isComplete || !this.#spool.isWilling || this.#behind.length === waited) return;
    this.#later ??= this.#setup.clock.afterPoll(() => {
      this.#later = undefined;
      this.goOn();
    });
  }

  /** Writes all of memory, as far as the disk has room. Returns whether that is all. */
  finish(): boolean {
    return this.#writeAll((bytes) => this.#spool.hasRoomFor(bytes));
  }

  /** The program ends: as {@link finish}, beyond `maxBytes` too. */
  finishAtEnd(): boolean {
    return this.#writeAll(() => this.#spool.failure === undefined);
  }

  /** Later events go to the disk alone: it must have all of memory before them. */
  finishBeforeTail(): void {
    this.#writeAll(() => true);
  }

  /** What the disk has yet to get takes there at most, in bytes. */
  get bytes(): number {
    const { log, ledger } = this.#setup;
    if (this.#hasOthers) return log.bytes + SPOOL_OVERHEAD * ledger.unsettled;
    return this.#behindBytes + SPOOL_OVERHEAD * this.#behind.length;
  }

  get #isComplete(): boolean {
    return this.#behind.length === 0 && !this.#hasOthers;
  }

  #isDue(): boolean {
    if (this.#setup.mode === "write-ahead") return true;
    const wasWriting = this.#isWriting;
    this.#isWriting = !isUsedUpTo(this.#setup, wasWriting ? END : BEGIN);
    if (wasWriting && !this.#isWriting && this.#clear().length > 0) this.#hasOthers = true;
    return this.#isWriting;
  }

  /** Lists all events that the disk does not have. */
  #list(): void {
    const { log } = this.#setup;
    this.#clear();
    this.#hasOthers = false;
    for (const slot of log.inOrder(log.heldBy(0))) this.#push(slot);
  }

  #push(slot: number): void {
    const { order, recordBytes } = this.#setup.log;
    const bytes = recordBytes[slot]!;
    this.#behind.push({ slot, order: order[slot]!, bytes });
    this.#behindBytes += bytes;
  }

  #shift(): void {
    this.#behindBytes -= this.#behind.shift()!.bytes;
  }

  #clear() {
    this.#behindBytes = 0;
    return this.#behind.clear();
  }

  #writeAll(takes: (bytes: number) => boolean): boolean {
    if (this.#hasOthers) this.#list();
    this.#write({ takes });
    return this.#isComplete;
  }

  #write({ events = ALL, bytes = ALL, takes = this.#takes }: Writing = {}): void {
    this.#isPutting = true;
    const { log } = this.#setup;
    let left = bytes;
    for (let count = 0, next = this.#behind.peek(); next !== undefined; next = this.#behind.peek()) {
      const { slot, order } = next;
      // The record of a dead letter is no longer that of the event.
      if (log.holds(slot, order) && !log.has(slot, DEAD)) {
        const length = log.recordBytes[slot]!;
        if (count >= events || (count >= LEAST && left <= 0) || !takes(length)) break;
        count++;
        left -= length;
        this.#shift();
        this.#put(slot);
      } else this.#shift();
    }
    this.#isPutting = false;
  }

  readonly #takes = (bytes: number): boolean => this.#spool.takes(bytes);

  /** While the disk takes nothing, events that are settled must not pile up behind one that is not. */
  #forgetSettled(): void {
    const { log, ledger } = this.#setup;
    if (this.#behind.length <= 2 * ledger.unsettled + EVENTS) return;
    for (const { slot, order } of this.#clear()) if (log.holds(slot, order)) this.#push(slot);
  }
}
