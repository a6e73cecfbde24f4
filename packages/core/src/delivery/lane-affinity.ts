import { murmur3 } from "../routing/partition.js";
import type { Lane } from "./lane/lane.js";

/**
 * Maps executions to lanes. An execution keeps its lane while any of its events is unsettled. Executions are identified
 * by the hash of their id: two with the same hash share a lane.
 */
export class LaneAffinity {
  readonly #lanesAtMost: number;
  readonly #byHash = new Map<number, number>();
  readonly #free: number[] = [];
  readonly #hashes: number[] = [];
  readonly #lanes: Lane[] = [];
  readonly #unsettled: number[] = [];
  // Consecutive events are mostly of one execution.
  #lastId: string | undefined;
  #last = 0;

  /** @param lanesAtMost with one lane, all executions share one entry. */
  constructor(lanesAtMost: number) {
    this.#lanesAtMost = lanesAtMost;
  }

  /** Returns the entry of the execution: on its lane, or, without unsettled events, on the lane that `choose` returns. */
  enter(executionId: string, choose: (hash: number) => Lane): number {
    const id = this.#lanesAtMost === 1 ? "" : executionId;
    if (id === this.#lastId) {
      this.#unsettled[this.#last]!++;
      return this.#last;
    }
    const hash = murmur3(id);
    const entry = this.#byHash.get(hash) ?? this.#add(hash, choose(hash));
    this.#unsettled[entry]!++;
    this.#lastId = id;
    this.#last = entry;
    return entry;
  }

  leave(entry: number, events = 1): void {
    this.#unsettled[entry]! -= events;
    if (this.#unsettled[entry]! > 0) return;
    this.#byHash.delete(this.#hashes[entry]!);
    this.#free.push(entry);
    if (this.#last === entry) this.#lastId = undefined;
  }

  laneOf(entry: number): Lane {
    return this.#lanes[entry]!;
  }

  hashOf(entry: number): number {
    return this.#hashes[entry]!;
  }

  move(entry: number, lane: Lane): void {
    this.#lanes[entry] = lane;
  }

  #add(hash: number, lane: Lane): number {
    const entry = this.#free.pop() ?? this.#hashes.length;
    this.#hashes[entry] = hash;
    this.#lanes[entry] = lane;
    this.#unsettled[entry] = 0;
    this.#byHash.set(hash, entry);
    return entry;
  }
}
