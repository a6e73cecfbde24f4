import { type RecordPlace, recordMemory } from "../../buffer/record.js";
import { DEAD, FROM_EARLIER, NUMBERED } from "../../buffer/slots.js";
import { UNSENT } from "../../spool/marks.js";
import type { Spool } from "../../spool/spool.js";
import type { Clock } from "../clock.js";
import type { SpoolIds } from "../lane/sequences.js";
import type { Ledger } from "../ledger.js";
import { CatchUp, type CatchUpSetup } from "./catch-up.js";

export interface KeptSetup extends CatchUpSetup {
  readonly ledger: Ledger;
  readonly clock: Clock;
}

/** The events of memory that lie on the disk too. */
export class Kept implements SpoolIds {
  readonly #setup: KeptSetup;
  readonly #place: RecordPlace = { ...recordMemory(0), record: 0 };
  #spool: Spool | undefined;
  #catchUp: CatchUp | undefined;

  constructor(setup: KeptSetup) {
    this.#setup = setup;
  }

  begin(spool: Spool): void {
    this.#spool = spool;
    this.#catchUp = new CatchUp(this.#setup, spool, (slot) => this.#put(slot, spool));
  }

  /** An event was accepted to memory. */
  keep(slot: number): void {
    this.#catchUp?.accepted(slot);
  }

  /** The disk may take events again: it gets those that memory alone has. */
  keepRest(): void {
    this.#catchUp?.goOn();
  }

  /** Adds all events of memory to the disk, as far as it has room. Returns whether it has all. */
  keepAll(): boolean {
    return this.#catchUp?.finish() ?? false;
  }

  /** The program ends: as {@link keepAll}, beyond `maxBytes` too. */
  keepAllAtEnd(): boolean {
    return this.#catchUp?.finishAtEnd() ?? false;
  }

  /** Later events go to the disk alone. */
  beginTail(): void {
    this.#catchUp?.finishBeforeTail();
    this.#spool?.beginTail(this.#spool.firstIndex + this.#setup.ledger.lastOrder);
  }

  /** What of memory is not on the disk takes there at most, in bytes. */
  get unkeptBytes(): number {
    return this.#catchUp?.bytes ?? 0;
  }

  /** Adds the events of a file that the disk did not keep to a new one. */
  keepAgain(file: number, kept: ReadonlySet<number>): void {
    const { log } = this.#setup;
    const spool = this.#spool!;
    for (const slot of log.inOrder(log.heldBy(file))) {
      const id = this.idOf(slot);
      if (log.has(slot, DEAD) || kept.has(id)) continue;
      this.#put(slot, spool);
      spool.settled(file, id);
    }
  }

  /** The event is settled. */
  settled(slot: number, order: number): void {
    const file = this.#setup.log.spoolFile[slot]!;
    if (file > 0) this.#spool?.settled(file, this.#spool.firstIndex + order);
  }

  /** The id by which a broker that deduplicates knows an event, unless it is told otherwise. */
  idOf(slot: number): number {
    return (this.#spool?.firstIndex ?? 0) + this.#setup.log.order[slot]!;
  }

  /** The broker will know these events by another id than theirs. */
  numbered(slots: readonly number[], id: number): void {
    if (this.#spool === undefined) return;
    this.#note(this.#spool, slots, id);
    // Later events get ids above it.
    this.#setup.ledger.skipTo(id - this.#spool.firstIndex);
  }

  /** The broker does not know these events, but perhaps events with higher ids. */
  unsent(slots: readonly number[]): void {
    if (this.#spool !== undefined) this.#note(this.#spool, slots, UNSENT);
  }

  /** `stop()`: the event is in a file and stays there. */
  leaves(slot: number): boolean {
    const { log } = this.#setup;
    if (log.has(slot, FROM_EARLIER)) return true;
    return log.spoolFile[slot]! > 0 && this.idOf(slot) <= this.#spool!.writtenTo;
  }

  /** Must be on the disk before the broker gets the events that come next. */
  #note(spool: Spool, slots: readonly number[], id: number): void {
    const { spoolId, spoolFile } = this.#setup.log;
    const changed = slots.filter((slot) => spoolId[slot] !== id);
    for (const slot of changed) {
      spoolId[slot] = id;
      const file = spoolFile[slot]!;
      if (file > 0) spool.numbered(file, this.idOf(slot), id);
    }
    if (changed.length > 0) spool.writeIds();
  }

  #put(slot: number, spool: Spool): void {
    const { log, clock } = this.#setup;
    const id = this.idOf(slot);
    const sequence = log.sequence[slot]!;
    const isNumbered = log.has(slot, NUMBERED);
    log.locate(slot, this.#place);
    const age = clock.now() - log.acceptedAt[slot]!;
    const file = spool.add(id, isNumbered ? sequence : 0, this.#place, age);
    log.spoolFile[slot] = file;
    // The broker may know it by a number that its lane has given.
    const known = sequence || log.spoolId[slot]!;
    if (!isNumbered && known !== 0 && known !== id) spool.numbered(file, id, known);
  }
}
