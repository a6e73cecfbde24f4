import type { OutboundBatch, OutboundMessage } from "../transport.js";
import type { EventLog } from "./event-log.js";
import { RecordView } from "./record-view.js";

/** Events of the buffer that are handed to a connection together. All of them are seen through one view. */
export class LogBatch implements OutboundBatch {
  readonly #log: EventLog;
  readonly #slots: readonly number[];
  readonly #flight: number;
  readonly #view: RecordView;

  constructor(log: EventLog, slots: readonly number[], flight: number) {
    this.#log = log;
    this.#slots = slots;
    this.#flight = flight;
    this.#view = new RecordView(log);
  }

  get length(): number {
    return this.#slots.length;
  }

  at(index: number): OutboundMessage | undefined {
    const slot = this.#slots[index < 0 ? this.#slots.length + index : index];
    if (slot === undefined) return undefined;
    if (this.#log.flight[slot] !== this.#flight)
      throw new RangeError("The message is settled: read it before, or keep a copy made by detach()");
    return this.#view.show(slot);
  }

  map<T>(each: (message: OutboundMessage, index: number) => T): T[] {
    return this.#slots.map((_, index) => each(this.at(index)!, index));
  }

  *[Symbol.iterator](): Generator<OutboundMessage> {
    for (let index = 0; index < this.#slots.length; index++) yield this.at(index)!;
  }
}
