import type { OutboundBatch, OutboundMessage } from "../transport.js";
import type { EventLog } from "./event-log.js";
import { RecordView } from "./record-view.js";

/** Events of the buffer that are passed to a connection together, all through one view. */
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
    return slot !== undefined && this.#log.flight[slot] === this.#flight ? this.#view.show(slot) : undefined;
  }

  map<T>(each: (message: OutboundMessage, index: number) => T): T[] {
    return this.#slots.map((_, index) => each(this.#unsettled(index), index));
  }

  *entries(): Generator<[number, OutboundMessage]> {
    for (let index = 0; index < this.#slots.length; index++) yield [index, this.#unsettled(index)];
  }

  *[Symbol.iterator](): Generator<OutboundMessage> {
    for (const [, message] of this.entries()) yield message;
  }

  #unsettled(index: number): OutboundMessage {
    const message = this.at(index);
    if (message === undefined)
      throw new RangeError(
        "A message of the batch is settled: read it before, or keep what detach() returns",
      );
    return message;
  }
}
