import type { Clock } from "@streamll/core/internal";

interface Timer {
  readonly at: number;
  readonly order: number;
  readonly callback: () => void;
}

/** Time that passes only when a test says so. */
export class FakeClock implements Clock {
  time = 1000;
  /** How often the process is kept alive now. */
  held = 0;
  #order = 0;
  readonly #timers = new Set<Timer>();
  readonly #unfinished = new Set<() => void>();
  readonly #watched = new Set<() => string | undefined>();

  get pendingTimers(): number {
    return this.#timers.size;
  }

  now(): number {
    return this.time;
  }

  after(ms: number, callback: () => void): () => void {
    const timer = { at: this.time + Math.max(0, ms), order: this.#order++, callback };
    this.#timers.add(timer);
    return () => this.#timers.delete(timer);
  }

  afterPoll(callback: () => void): () => void {
    return this.after(0, callback);
  }

  keepAlive(): () => void {
    this.held++;
    return () => {
      this.held--;
    };
  }

  beforeExit(callback: () => void): () => void {
    this.#unfinished.add(callback);
    return () => this.#unfinished.delete(callback);
  }

  atExit(lastWords: () => string | undefined): () => void {
    this.#watched.add(lastWords);
    return () => this.#watched.delete(lastWords);
  }

  /** The process ends at once: what is said then. */
  lastWords(): string[] {
    return [...this.#watched].map((ask) => ask()).filter((sentence) => sentence !== undefined);
  }

  /** The program has nothing more to do. */
  exit(): void {
    for (const callback of this.#unfinished) callback();
  }

  /** Lets `ms` pass: due timers run in order, and promises between them. */
  async advance(ms: number): Promise<void> {
    const until = this.time + ms;
    await settled();
    for (let timer = this.#next(until); timer !== undefined; timer = this.#next(until)) {
      this.#timers.delete(timer);
      this.time = Math.max(this.time, timer.at);
      timer.callback();
      await settled();
    }
    // What a test lets take time has passed too: a clock that went back would hold up what is due by then.
    this.time = Math.max(this.time, until);
  }

  #next(until: number): Timer | undefined {
    let next: Timer | undefined;
    for (const timer of this.#timers) {
      if (timer.at > until) continue;
      if (next === undefined || timer.at < next.at || (timer.at === next.at && timer.order < next.order))
        next = timer;
    }
    return next;
  }
}

/** Every promise that can go on without time passing has gone on: the real loop has had a turn. */
function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
