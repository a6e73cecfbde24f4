import type { EventLog } from "../../buffer/event-log.js";
import { CORRELATION_ID, endOf, startOf } from "../../buffer/record.js";
import { RecordView } from "../../buffer/record-view.js";
import { murmur3OfBytes } from "../../routing/partition.js";

/** Executions are known by a hash of their id: two that share it are taken for one. */
const HASHES = 4096;

/** The latest group, among numbered ones, that has an event of an execution. */
export class LatestGroups {
  readonly #log: EventLog;
  readonly #view: RecordView;
  readonly #byHash = new Float64Array(HASHES);

  constructor(log: EventLog) {
    this.#log = log;
    this.#view = new RecordView(log);
  }

  /** The latest one of the executions of these events. */
  latestOf(slot: number): number {
    let latest = 0;
    this.#view.show(slot);
    for (let left = this.#log.events[slot]!; left > 0; left--, this.#view.next())
      latest = Math.max(latest, this.#byHash[this.#hash()]!);
    return latest;
  }

  /** All events of the slot are in this group. */
  isIn(slot: number, group: number): void {
    this.#view.show(slot);
    for (let left = this.#log.events[slot]!; left > 0; left--, this.#view.next())
      this.#byHash[this.#hash()] = group;
  }

  #hash(): number {
    const view = this.#view;
    return murmur3OfBytes(view.source, startOf(view, CORRELATION_ID), endOf(view, CORRELATION_ID)) % HASHES;
  }
}
