import type { Lane } from "../lane/lane.js";

/** How long a limit on connections that the broker showed is respected; then one more is tried. */
const LOWERED_MS = 5 * 60_000;

export interface PoolSetup {
  readonly size: number;
  /** With so many unsettled events a lane is busy. */
  readonly busyFrom: number;
  readonly now: () => number;
  readonly open: (index: number) => Lane;
}

/** The lanes of a sink, opened one after another as the load requires. */
export class Pool {
  readonly lanes: Lane[] = [];
  readonly #setup: PoolSetup;
  /** Indices of lanes that the broker's limit on connections does not allow. */
  readonly #withdrawn = new Set<number>();
  #loweredUntil = 0;

  constructor(setup: PoolSetup) {
    this.#setup = setup;
  }

  /** Connections that the options ask for. */
  get size(): number {
    return this.#setup.size;
  }

  /** How many of them the broker's limit, as last seen, does not allow. */
  get lowered(): number {
    this.#forget();
    return this.#withdrawn.size;
  }

  /** The least loaded lane that is not down. Opens another when each is busy. */
  leastLoaded(): Lane {
    let least = this.lanes[0] ?? this.at(0);
    for (const lane of this.lanes) {
      if (lane.down === least.down ? lane.load < least.load : least.down) least = lane;
    }
    if (least.load < this.#setup.busyFrom || this.lanes.length === this.#setup.size || !least.connected)
      return least;
    return this.#another() ?? least;
  }

  /** The fixed lane of an execution: without confirms nothing shows when its last event is stored. */
  byHash(hash: number): Lane {
    const { size } = this.#setup;
    let index = hash % size;
    this.#forget();
    // Only the executions of a withdrawn lane move.
    while (this.#withdrawn.has(index)) index = (index + 1) % size;
    return this.at(index);
  }

  at(index: number): Lane {
    let lane = this.lanes.find((one) => one.index === index);
    if (lane === undefined) {
      lane = this.#setup.open(index);
      this.lanes.push(lane);
    }
    return lane;
  }

  /** Continues with the other lanes. */
  withdraw(lane: Lane): void {
    this.lanes.splice(this.lanes.indexOf(lane), 1);
    for (const index of this.#unopened()) this.#withdrawn.add(index);
    this.#loweredUntil = this.#setup.now() + LOWERED_MS;
  }

  #another(): Lane | undefined {
    this.#forget();
    for (const index of this.#unopened()) if (!this.#withdrawn.has(index)) return this.at(index);
    return undefined;
  }

  #forget(): void {
    if (this.#withdrawn.size > 0 && this.#setup.now() >= this.#loweredUntil) this.#withdrawn.clear();
  }

  *#unopened(): Generator<number> {
    for (let index = 0; index < this.#setup.size; index++) {
      if (!this.lanes.some((lane) => lane.index === index)) yield index;
    }
  }
}
