import { type EventLog, FROM_EARLIER, NUMBERED } from "../../buffer/event-log.js";
import { type RecordPlace, recordMemory } from "../../buffer/record.js";
import type { Spool } from "../../spool/spool.js";
import type { SpoolIds } from "../lane/sequences.js";
import type { Ledger } from "../ledger.js";

/** The events of memory that lie on the disk too. */
export class Kept implements SpoolIds {
  readonly #log: EventLog;
  readonly #ledger: Ledger;
  readonly #place: RecordPlace = { ...recordMemory(0), record: 0 };
  #spool: Spool | undefined;
  /** Memory holds events that the disk did not take. */
  #hasUnkept = false;

  constructor(log: EventLog, ledger: Ledger) {
    this.#log = log;
    this.#ledger = ledger;
  }

  begin(spool: Spool): void {
    this.#spool = spool;
  }

  /** Adds an event to the disk. */
  keep(slot: number): void {
    if (this.#spool === undefined) return;
    if (this.#spool.isWilling) this.#put(slot, this.#spool);
    else this.#hasUnkept = true;
  }

  /** The disk may take events again: it gets those that memory alone has. */
  keepRest(): void {
    if (!this.#hasUnkept || !this.#spool?.isWilling) return;
    this.#hasUnkept = false;
    for (const slot of this.#log.inOrder(this.#log.heldBy(0))) this.keep(slot);
  }

  /** Adds the events of a file that the disk did not keep to a new one. */
  keepAgain(file: number): void {
    const spool = this.#spool!;
    const slots = this.#log.inOrder(this.#log.heldBy(file));
    for (const slot of slots) this.#put(slot, spool);
    spool.writeNow();
    if (spool.unwrittenBytes > 0) return;
    for (const slot of slots) if (this.#log.spoolFile[slot] !== file) spool.settled(file, this.idOf(slot));
  }

  /** The event is settled. */
  settled(slot: number, order: number): void {
    const file = this.#log.spoolFile[slot]!;
    if (file > 0) this.#spool?.settled(file, this.#spool.firstIndex + order);
  }

  /** The id by which a broker that deduplicates knows an event, unless it is told otherwise. */
  idOf(slot: number): number {
    return (this.#spool?.firstIndex ?? 0) + this.#log.order[slot]!;
  }

  /** The broker will know these events by another id than theirs. */
  numbered(slots: readonly number[], id: number): void {
    if (this.#spool === undefined) return;
    for (const slot of slots) {
      const file = this.#log.spoolFile[slot]!;
      if (file > 0) this.#spool.numbered(file, this.idOf(slot), id);
    }
    // It must be known before the broker is sent them. Later events get ids above it.
    this.#spool.writeNow();
    this.#ledger.skipTo(id - this.#spool.firstIndex);
  }

  /** `stop()`: the event is in a file and stays there. */
  leaves(slot: number): boolean {
    if (this.#log.has(slot, FROM_EARLIER)) return true;
    return this.#log.spoolFile[slot]! > 0 && this.idOf(slot) <= this.#spool!.writtenTo;
  }

  #put(slot: number, spool: Spool): void {
    const id = this.idOf(slot);
    const sequence = this.#log.sequence[slot]!;
    const isNumbered = this.#log.has(slot, NUMBERED);
    this.#log.locate(slot, this.#place);
    const file = spool.add(id, isNumbered ? sequence : 0, this.#place);
    this.#log.spoolFile[slot] = file;
    // The broker may know it by a number that its lane has given.
    if (!isNumbered && sequence > 0 && sequence !== id) spool.numbered(file, id, sequence);
  }
}
