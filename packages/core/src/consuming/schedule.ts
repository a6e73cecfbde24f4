import { Fifo } from "../buffer/fifo.js";

/** A task of the schedule. */
export interface Scheduled {
  /** Tasks of one key run one after another, in the order in which they came. Absent: beside all others. */
  readonly key: string | undefined;
  /** Its first try begins when no other task is in its first, and none begins beside it. */
  readonly alone: boolean;
  /** @param tried is called where the first try has ended and others follow. */
  run(tried: () => void): Promise<void>;
}

/** Runs tasks side by side, those of one key one after another. */
export class Schedule<Task extends Scheduled> {
  readonly #concurrency: number;
  /** What may run, the oldest first. */
  readonly #ready = new Fifo<Task>();
  /** By key of a task that runs or may run: what waits for it, if anything. */
  readonly #behind = new Map<string, Fifo<Task> | undefined>();
  readonly #runningKeys = new Set<string>();
  #waiting = 0;
  #running = 0;
  /** Those in their first try. */
  #untried = 0;
  #isAlone = false;

  constructor(concurrency: number) {
    this.#concurrency = concurrency;
  }

  /** How many tasks have not begun. */
  get waiting(): number {
    return this.#waiting;
  }

  add(task: Task): void {
    this.#waiting++;
    const { key } = task;
    if (key !== undefined && this.#behind.has(key)) {
      const behind = this.#behind.get(key) ?? new Fifo<Task>();
      behind.push(task);
      this.#behind.set(key, behind);
    } else {
      if (key !== undefined) this.#behind.set(key, undefined);
      this.#ready.push(task);
    }
    this.#next();
  }

  /** Takes out all that has not begun. */
  clear(): Task[] {
    const tasks = this.#ready.clear();
    for (const [key, behind] of this.#behind) {
      tasks.push(...(behind?.clear() ?? []));
      if (!this.#runningKeys.has(key)) this.#behind.delete(key);
    }
    this.#waiting = 0;
    return tasks;
  }

  #next(): void {
    for (let task = this.#ready.peek(); task !== undefined; task = this.#ready.peek()) {
      if (this.#isAlone || this.#running >= this.#concurrency || (task.alone && this.#untried > 0)) return;
      this.#ready.shift();
      void this.#run(task);
    }
  }

  async #run(task: Task): Promise<void> {
    const { key, alone } = task;
    this.#waiting--;
    this.#running++;
    this.#untried++;
    this.#isAlone = alone;
    let isTried = false;
    const tried = () => {
      if (isTried) return;
      isTried = true;
      this.#untried--;
      if (alone) this.#isAlone = false;
    };
    if (key !== undefined) this.#runningKeys.add(key);
    await task.run(() => {
      tried();
      this.#next();
    });
    tried();
    this.#running--;
    if (key !== undefined) this.#freed(key);
    this.#next();
  }

  #freed(key: string): void {
    this.#runningKeys.delete(key);
    const next = this.#behind.get(key)?.shift();
    if (next === undefined) this.#behind.delete(key);
    else this.#ready.push(next);
  }
}
